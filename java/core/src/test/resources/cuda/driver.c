/* What PresetCalls asks of the driver's library, with made-up answers. */
#include <stdio.h>

int cuDeviceGet(int *device, int ordinal) {
  *device = 100 + ordinal;
  return 0;
}

int cuDeviceGetName(char *name, int length, int device) {
  snprintf(name, (size_t)length, "Made-up GPU %d", device - 100);
  return 0;
}
