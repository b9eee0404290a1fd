//go:build loop

package compared

// What somebody added.
const rounds = 20
