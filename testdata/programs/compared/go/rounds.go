//go:build !loop

package compared

const rounds = 4
