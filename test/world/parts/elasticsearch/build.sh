#!/usr/bin/env bash
# Puts a small Elasticsearch together from its jars on Maven Central: ./home, started by ./elasticsearch. Needs mvn, javac >= 17, unzip.
# Its licence does not let us pass it on, so every machine makes its own.
set -euo pipefail
cd "$(dirname "$0")"
version=$(sed -n 's:.*<es>\(.*\)</es>.*:\1:p' pom.xml)
home=$PWD/home
rm -rf home target
mvn -B -q dependency:copy-dependencies -DoutputDirectory="$home/lib"

# HTTP and transport are a module of their own, with a class loader of its own.
netty=$home/modules/transport-netty4
mkdir -p "$netty" "$home/modules/root-page" "$home/config" target/launcher target/root-page
mv "$home"/lib/{transport-netty4,netty-,elasticsearch-ssl-config}* "$netty/"
unzip -qoj "$netty/transport-netty4-$version.jar" 'META-INF/es-plugins/transport-netty4/*' -d "$netty"
sed -i '/^modulename/d' "$netty/plugin-descriptor.properties"

javac -cp "$home/lib/*" -d target/launcher src/Launcher.java
jar cf "$home/lib/launcher.jar" -C target/launcher .
javac -cp "$home/lib/*" -d target/root-page src/world/RootPage.java
jar cf "$home/modules/root-page/root-page.jar" -C target/root-page .
cat >"$home/modules/root-page/plugin-descriptor.properties" <<END
name=root-page
description=GET /
version=$version
elasticsearch.version=$version
java.version=17
classname=world.RootPage
END
cat >"$home/config/log4j2.properties" <<'END'
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
END
touch "$home/config/elasticsearch.yml"
