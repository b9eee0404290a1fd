static inline int add(int x) { volatile int bound = x; int sum = 0; for (int i = 0; i < bound; i++) sum += i ^ bound; return sum; }
__attribute__((noinline)) int outer(int count) {
  __attribute__((noinline)) int inner(int x) { return add(x) + add(x + count); }
  return inner(count) + 1;
}
int main(int count, char **words) { return outer(count * 1000); }
