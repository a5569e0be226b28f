// The toolkit's vector types, with the alignment that the device asks for.
#ifndef LATHE_EMULATION_VECTOR_TYPES_H
#define LATHE_EMULATION_VECTOR_TYPES_H

#define LATHE_EMULATED_VECTORS(name, type)                                    \
  struct name##1 {                                                            \
    type x;                                                                   \
  };                                                                          \
  struct alignas(2 * sizeof(type)) name##2 {                                  \
    type x, y;                                                                \
  };                                                                          \
  struct name##3 {                                                            \
    type x, y, z;                                                             \
  };                                                                          \
  struct alignas(4 * sizeof(type) < 16 ? 4 * sizeof(type) : 16) name##4 {     \
    type x, y, z, w;                                                          \
  };                                                                          \
  inline name##1 make_##name##1(type x) { return {x}; }                       \
  inline name##2 make_##name##2(type x, type y) { return {x, y}; }            \
  inline name##3 make_##name##3(type x, type y, type z) { return {x, y, z}; } \
  inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }

LATHE_EMULATED_VECTORS(char, signed char)
LATHE_EMULATED_VECTORS(uchar, unsigned char)
LATHE_EMULATED_VECTORS(short, short)
LATHE_EMULATED_VECTORS(ushort, unsigned short)
LATHE_EMULATED_VECTORS(int, int)
LATHE_EMULATED_VECTORS(uint, unsigned int)
LATHE_EMULATED_VECTORS(longlong, long long)
LATHE_EMULATED_VECTORS(ulonglong, unsigned long long)
LATHE_EMULATED_VECTORS(float, float)
LATHE_EMULATED_VECTORS(double, double)
#undef LATHE_EMULATED_VECTORS

struct dim3 {
  unsigned int x, y, z;
  constexpr dim3(unsigned int x = 1, unsigned int y = 1, unsigned int z = 1) : x(x), y(y), z(z) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return {x, y, z}; }
};

#endif
