#include "shop.h"

static __attribute__((noinline)) int rounded(int value) {
    return (value + 50) / 100;
}

__attribute__((noinline)) int discount(struct basket *basket, int percent) {
    int total = sum(basket);
    return total - rounded(total * percent);
}
