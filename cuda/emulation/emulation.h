// The emulation's own controls, for tests. Environment variables give their first values; a value that cannot be read
// is an error of the first CUDA call.
//
//   LATHE_EMULATION_SEED      number     order of fibers, blocks and streams (0)
//   LATHE_EMULATION_CHECK     none|bounds|races    what is checked of every access of a kernel (races)
//   LATHE_EMULATION_THREADS   number     OS threads that run blocks (as many as processors, at most 16)
//   LATHE_EMULATION_YIELD     number     accesses after which a fiber may give way, on average; 0: never (512)
//   LATHE_EMULATION_DEFERRED  0|1        work waits on its stream until something waits for it (0)
//   LATHE_EMULATION_DEVICES   number     devices that there are, at most 16 (1)
//   LATHE_EMULATION_MEMORY    bytes, or with suffix K, M or G    memory of each device (4G)
//   LATHE_EMULATION_FAIL      NAME or NAME:N    the N-th call of this function of the runtime or a library fails (1)
//   LATHE_EMULATION_RECORD    file      gets a line when work is handed to a stream and one when it has been done
#ifndef LATHE_EMULATION_EMULATION_H
#define LATHE_EMULATION_EMULATION_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace lathe {
namespace emulation {

// What is checked of every load and store of a kernel.
enum class Checking {
  none,
  bounds,  // the address belongs to the thread: its stack, its block's shared memory, a live device allocation
  races,   // and besides, no other thread accesses the same bytes without a barrier between them; shared memory is
           // written before it is read
};

// A seed makes a schedule: the order in which the fibers of a block go on at every barrier, warp operation and yield,
// the order of blocks, and, where work is deferred, of streams. Each launch draws anew.
void setSeed(uint64_t seed);
void setChecking(Checking checking);
// OS threads that run the blocks of a launch, 1 to 16.
void setThreads(int threads);
// A fiber gives way to another after this many memory accesses on average; 0: at barriers and warp operations alone.
// Needs Checking other than none.
void setYieldPeriod(int accesses);
// Work that is handed to a stream stays there until something waits for it: cudaStreamSynchronize, an event that is
// waited for, a blocking copy. Streams whose order is not determined then run in an order drawn from the seed, so that
// a missing synchronisation shows as a wrong result.
void setDeferred(bool deferred);
// Numbers of devices and bytes of memory of each. Both reset all devices.
void setDevices(int devices);
void setMemory(size_t bytes);

// A call that is to fail, as LATHE_EMULATION_FAIL names it; empty: none.
void setFailing(const std::string& call);
// The file that gets "handed over ID to stream S of device D: WHAT", where WHAT is "upload of N bytes", "download of N
// bytes", "copy of N bytes", "kernel" or a function of a library, and "done ID" later. Empty: none.
void setRecord(const std::string& file);

// What went wrong in the last kernel or library call that failed; empty where none did since the last reset.
std::string lastReport();

// Counted since the start of the process.
struct Statistics {
  uint64_t launches;
  uint64_t blocks;
  uint64_t switches;   // from one fiber to another
  uint64_t unchecked;  // blocks that had too many barriers for races to be checked to the end
};
Statistics statistics();

}  // namespace emulation
}  // namespace lathe

#endif
