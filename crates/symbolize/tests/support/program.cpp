// Inlined calls, templates, lambdas, exceptions and code from headers.
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace shop {

template <class T> static T sum(const std::vector<T> &values) {
    T total{};
    for (auto &value : values) total += value;
    return total;
}

struct Item {
    int price = 1;
    virtual ~Item() {}
    virtual int cost(int count) { return price * count; }
};

struct Basket : Item {
    std::map<std::string, int> counts;
    int cost(int count) override {
        for (int i = 0; i < count; i++) counts[std::to_string(i)] += i;
        return counts.size();
    }
};

} // namespace shop

int main(int count, char **words) {
    shop::Basket basket;
    basket.price = count;
    std::vector<int> values;
    for (int i = 0; i < 100 * count; i++) values.push_back(i ^ count);
    std::sort(values.begin(), values.end(), [](int a, int b) { return (a ^ 5) < (b ^ 5); });
    std::cout << shop::sum(values) << basket.cost(count * 20) << "\n";
    std::unordered_map<std::string, std::vector<int>> table;
    table[words[0]].push_back(3);
    std::cout << std::regex_match("abc", std::regex("a(b|c)+")) << table.size();
    try {
        throw std::runtime_error("empty");
    } catch (std::exception &error) {
        std::cout << error.what();
    }
}
