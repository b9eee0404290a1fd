#include "shop.h"

static __attribute__((noinline)) int fill(struct basket *basket, int count) {
    for (int place = 0; place < count; place++)
        basket->prices[place & 15] = place * count ^ 5;
    basket->count = count;
    return sum(basket);
}

int main(int count, char **words) {
    struct basket basket = {0};
    int total = fill(&basket, count * 7);
    total += discount(&basket, count + 3);
    return total + price_of(&basket, 2);
}
