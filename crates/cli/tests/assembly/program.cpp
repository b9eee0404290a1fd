#include <cstdio>
#include <vector>

struct Table {
    std::vector<int> cells;
    int at(int place) const { return cells[place % cells.size()]; }
};

static inline int mix(int value, int seed) {
    value ^= seed >> 3;
    return value * 31 + seed;
}

__attribute__((noinline)) int heavy(const Table &table, int count) {
    int sum = 0;
    for (int row = 0; row < count; row++) {
        sum += mix(table.at(row), row);
        if (sum & 1) sum -= table.at(sum & 63);
    }
    return sum;
}

__attribute__((noinline)) int light(Table &table, int count) {
    for (int row = 0; row < count; row++) table.cells.push_back(mix(row, count));
    return heavy(table, count) + heavy(table, count / 2);
}

int main(int count, char **) {
    Table table;
    std::printf("%d\n", light(table, count * 1000));
}
