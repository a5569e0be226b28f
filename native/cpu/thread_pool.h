// One pool of threads per backend: the only source of parallelism on the CPU.
//
// OpenBLAS is held to one thread and called from inside these tasks, so that both share one budget; idle workers sleep
// on a condition variable instead of spinning, so that two runs on one machine do not starve each other. A task's
// bounds never depend on the number of threads, so neither does any result.
#ifndef LATHE_CPU_THREAD_POOL_H
#define LATHE_CPU_THREAD_POOL_H

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lathe {

class ThreadPool {
 public:
  // threads >= 1, the calling thread counted in.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Runs task(i, worker) for i in [0, count), worker in [0, threads()), and returns when all are done. The first
  // exception is thrown again here. Not reentrant: a task must not call run.
  void run(int64_t count, const std::function<void(int64_t, int)>& task);

 private:
  void stop();
  void work(int worker);
  void drain(int worker);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  const std::function<void(int64_t, int)>* task_ = nullptr;
  int64_t next_ = 0;
  int64_t count_ = 0;
  int busy_ = 0;
  uint64_t generation_ = 0;
  bool stop_ = false;
  std::exception_ptr failure_;
};

}  // namespace lathe

#endif
