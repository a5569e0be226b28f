// OS threads that wait for work.
#ifndef LATHE_EMULATION_WORKERS_H
#define LATHE_EMULATION_WORKERS_H

#include <functional>

namespace lathe {
namespace emulation {

// Calls work() on `threads` OS threads at once, the calling one among them, and returns when all calls have. One call
// at a time.
void runOnThreads(int threads, const std::function<void()>& work);

}  // namespace emulation
}  // namespace lathe

#endif
