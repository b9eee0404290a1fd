package compared

import "testing"

func BenchmarkWords(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Words(5000)
	}
}
