// Names in a module, for compilers that have them.
export module shapes.flat;
#define USED __attribute__((used, noinline))
export struct Circle { int radius; USED int area() const { return radius * radius; } };
export USED int area(const Circle& circle) { return circle.area(); }
export namespace more { struct Square {}; template <class T> USED T scaled(T t, Square) { return t; } }
USED int hidden(more::Square, Circle*) { return more::scaled(1, {}); }
