// Package compared has a benchmark that is built twice: with the tag "loop", one function does more.
package compared

import "sort"

// Words is the work of a run: making, sorting and joining words.
func Words(count int) int {
	words := makeWords(count)
	sort.Strings(words)
	return checksum(words)
}

//go:noinline
func makeWords(count int) []string {
	words := make([]string, count)
	state := uint32(1)
	for i := range words {
		word := make([]byte, 12)
		for j := range word {
			state = state*1664525 + 1013904223
			word[j] = 'a' + byte(state>>24)%26
		}
		words[i] = string(word)
	}
	return words
}

//go:noinline
func checksum(words []string) int {
	sum := 0
	for _, word := range words {
		for round := 0; round < rounds; round++ {
			for i := 0; i < len(word); i++ {
				sum = sum*31 + int(word[i])
			}
		}
	}
	return sum
}
