//go:build tools

// Package giteatools names the program that the module builds.
package giteatools

import _ "code.gitea.io/gitea"
