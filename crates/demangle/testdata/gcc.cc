// What only gcc compiles, or mangles in its own way.
#define USED __attribute__((used, noinline))

// Vector types.
typedef float floats4 __attribute__((vector_size(16)));
USED floats4 vectors(floats4 a, const floats4* b) { return a + *b; }
template <int N> struct Vectors { typedef int type __attribute__((vector_size(N * 4))); };
template <class T> USED T of_vector(T t) { return t; }
USED void use_vectors() { of_vector(Vectors<4>::type()); of_vector(Vectors<8>::type()); }

// Transactions, clones and parts of functions.
USED void transaction(void (*)() transaction_safe) {}
__attribute__((target_clones("avx2", "default"))) USED int cloned(int* a, int n) { int s = 0; for (int i = 0; i < n; i++) s += a[i]; return s; }
__attribute__((cold, noinline)) void fails(int) { __builtin_abort(); }
static __attribute__((noinline)) int partial(int a, int b, int unused) { if (__builtin_expect(a < 0, 0)) { fails(a); fails(b); return 1; } return a * b; }
int use_partial(int a) { return partial(a, 2, 3) + partial(a, 2, 4); }

// A namespace-scope template with a local that has a guard, a nested function's static and a lambda with captures.
template <class T> inline T* once() { static T* instance = new T[2]; return instance; }
USED int* use_once() { return once<int>() + (long)once<char>(); }
struct Friends { friend void befriend(Friends, int) __attribute__((used)) {} };
USED void use_friends() { befriend(Friends(), 1); }
template <class T> USED auto operator_name(T t) -> decltype(t.operator+(1)) { return t.operator+(1); }
struct Plus { int operator+(int) { return 1; } template <class T> int get() { return 1; } };
template <class T> USED auto template_member(T t) -> decltype(t.template get<int>()) { return 1; }
USED void use_plus() { operator_name(Plus()); template_member(Plus()); }
