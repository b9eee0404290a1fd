static inline int add(int x) { volatile int bound = x; int sum = 0; for (int i = 0; i < bound; i++) sum += i ^ bound; return sum; }
__attribute__((noinline)) int call(int (*function)(int), int x) { return function(x); }
__attribute__((noinline)) int outer(int count) {
  return call([](int x) { return add(x) + add(x + 1); }, count);
}
int main(int count, char **) { int sum = 0; for (int i = 0; i < 20; i++) sum += outer(count * 20); return sum & 1; }
