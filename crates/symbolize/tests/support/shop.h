// What both units of the shop inline.
struct basket {
    int count;
    int prices[16];
};

static inline __attribute__((always_inline)) int price_of(struct basket *basket, int place) {
    int price = basket->prices[place & 15];
    return price < 0 ? -price : price;
}

static inline __attribute__((always_inline)) int sum(struct basket *basket) {
    int total = 0;
    for (int place = 0; place < basket->count; place++)
        total += price_of(basket, place);
    return total;
}

int discount(struct basket *basket, int percent);
