#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static inline __attribute__((always_inline)) int twice(int count) {
    return count * 2 ^ 5;
}

__attribute__((noinline)) int work(int count) {
    return twice(count + 1);
}

#ifdef SHARED
int shared_work(int count);
#endif

// Shows where everything is in the memory of this process.
int main(int count, char **words) {
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        printf("map %s", line);
    printf("at %p work\n", (void *)work);
    printf("at %p main\n", (void *)main);
#ifdef SHARED
    printf("at %p shared_work\n", (void *)shared_work);
#endif
    void *vdso = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
    void *gettime = vdso ? dlsym(vdso, "__vdso_clock_gettime") : NULL;
    if (gettime)
        printf("at %p __vdso_clock_gettime\n", gettime);
    return work(count) + strlen(words[0]) == 1;
}
