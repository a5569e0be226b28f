/* What PresetCalls asks of the runtime's library; the environment says what it answers. */
#include <stddef.h>
#include <stdlib.h>

static int setting(const char *name, int otherwise) {
  const char *value = getenv(name);
  return value == NULL ? otherwise : atoi(value);
}

static int current;

int cudaDriverGetVersion(int *version) {
  *version = setting("FAKE_DRIVER", 13030);
  return 0;
}

int cudaRuntimeGetVersion(int *version) {
  *version = 13020;
  return 0;
}

int cudaGetDeviceCount(int *count) {
  *count = setting("FAKE_DEVICES", 2);
  return setting("FAKE_ERROR", 0);
}

int cudaSetDevice(int ordinal) {
  current = ordinal;
  return 0;
}

int cudaMemGetInfo(size_t *free, size_t *total) {
  *total = (size_t)(current + 1) * 80000000000u;
  *free = *total - 5;
  return 0;
}

int cudaDeviceGetAttribute(int *value, int attribute, int ordinal) {
  /* 75 and 76: the compute capability's numbers. */
  *value = attribute == 75 ? setting("FAKE_MAJOR", 9) : attribute == 76 ? ordinal : -1;
  return 0;
}

const char *cudaGetErrorName(int status) { return status == 803 ? "cudaErrorSystemDriverMismatch" : "?"; }

const char *cudaGetErrorString(int status) { return status == 803 ? "system has unsupported display driver" : "?"; }
