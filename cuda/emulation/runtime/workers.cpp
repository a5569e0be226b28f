#include "workers.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace lathe {
namespace emulation {
namespace {

class Workers {
 public:
  void run(int threads, const std::function<void()>& work) {
    const int helpers = threads - 1;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      while (started_ < helpers) {
        std::thread([this, index = started_] { serve(index); }).detach();
        ++started_;
      }
      work_ = &work;
      wanted_ = helpers;
      running_ = helpers;
      ++round_;
    }
    wake_.notify_all();
    work();
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  void serve(int index) {
    uint64_t round = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return round_ != round; });
      round = round_;
      if (index >= wanted_) continue;
      const std::function<void()>& work = *work_;
      lock.unlock();
      work();
      lock.lock();
      if (--running_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void()>* work_ = nullptr;
  int started_ = 0, wanted_ = 0, running_ = 0;
  uint64_t round_ = 0;
};

}  // namespace

void runOnThreads(int threads, const std::function<void()>& work) {
  // Never destroyed: its threads wait until the process ends.
  static Workers& workers = *new Workers;
  if (threads <= 1) {
    work();
  } else {
    workers.run(threads, work);
  }
}

}  // namespace emulation
}  // namespace lathe
