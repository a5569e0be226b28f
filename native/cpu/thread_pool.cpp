#include "thread_pool.h"

#include <stdexcept>
#include <string>
#include <system_error>

namespace lathe {

ThreadPool::ThreadPool(int threads) {
  try {
    for (int worker = 1; worker < threads; worker++) workers_.emplace_back([this, worker] { work(worker); });
  } catch (const std::system_error& e) {
    const std::string started = std::to_string(workers_.size() + 1);
    stop();
    throw std::runtime_error("createBackend: only " + started + " of " + std::to_string(threads) +
                             " threads could be started: " + e.what());
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(int64_t count, const std::function<void(int64_t, int)>& task) {
  if (count <= 0) return;
  if (workers_.empty() || count == 1) {
    for (int64_t i = 0; i < count; i++) task(i, 0);
    return;
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    task_ = &task;
    next_ = 0;
    count_ = count;
    failure_ = nullptr;
    busy_ = threads();
    generation_++;
  }
  wake_.notify_all();
  drain(0);
  std::unique_lock<std::mutex> lock(mutex_);
  idle_.wait(lock, [this] { return busy_ == 0; });
  task_ = nullptr;
  if (failure_) std::rethrow_exception(failure_);
}

void ThreadPool::work(int worker) {
  uint64_t seen = 0;
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this, seen] { return stop_ || generation_ != seen; });
      if (stop_) return;
      seen = generation_;
    }
    drain(worker);
  }
}

// Takes tasks until none is left. Tasks are coarse (milliseconds), so a lock for each costs nothing that can be
// measured.
void ThreadPool::drain(int worker) {
  for (;;) {
    int64_t i;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (next_ >= count_ || failure_) {
        if (--busy_ == 0) idle_.notify_all();
        return;
      }
      i = next_++;
    }
    try {
      (*task_)(i, worker);
    } catch (...) {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }
}

}  // namespace lathe
