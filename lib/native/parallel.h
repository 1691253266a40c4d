// Shares a loop between threads that wait for work.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

/** Threads of this process that help with the loops of others; once started they never end. */
class Helpers {
 public:
  static Helpers& all() {
    static Helpers& helpers = *new Helpers;  // never freed, since its threads wait in it until the process ends
    return helpers;
  }

  /**
   * Does `work` on this thread, and on up to `most` others that are free; throws what any of them threw. It waits for others
   * who share theirs as long as there would be more threads than processors: two at a time take each other's cache.
   */
  void share(int most, const std::function<void()>& work) {
    Job job{work, most};
    std::unique_lock<std::mutex> lock(mutex_);
    room_.wait(lock, [&] { return taken_ == 0 || taken_ + most < processors_; });
    for (; started_ < most; started_++) std::thread([this] { help(); }).detach();
    taken_ += most + 1;
    jobs_.push_back(&job);
    lock.unlock();
    wake_.notify_all();
    job.attempt();
    lock.lock();
    jobs_.remove(&job);
    done_.wait(lock, [&] { return job.helping == 0; });
    taken_ -= most + 1;
    lock.unlock();
    room_.notify_all();
    if (job.error) std::rethrow_exception(job.error);
  }

 private:
  struct Job {
    const std::function<void()>& work;
    int wanted;
    int helping = 0;
    std::mutex erring{};
    std::exception_ptr error{};

    void attempt() {
      try {
        work();
      } catch (...) {
        const std::lock_guard<std::mutex> lock(erring);
        error = std::current_exception();
      }
    }
  };

  void help() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      const auto wanting = [](const Job* job) { return job->wanted > 0; };
      auto found = jobs_.end();
      wake_.wait(lock, [&] { return (found = std::find_if(jobs_.begin(), jobs_.end(), wanting)) != jobs_.end(); });
      Job& job = **found;
      job.wanted--;
      job.helping++;
      lock.unlock();
      job.attempt();
      lock.lock();
      job.helping--;
      done_.notify_all();
    }
  }

  const int processors_ = static_cast<int>(std::thread::hardware_concurrency());
  int started_ = 0, taken_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_, done_, room_;
  std::list<Job*> jobs_;
};

/** Calls `body(i)` for every i below `count`, on up to `threads` threads. */
template <typename Body>
void parallel(int threads, int64_t count, const Body& body) {
  const int helpers = static_cast<int>(std::min<int64_t>(threads, count)) - 1;
  std::atomic<int64_t> next{0};
  const auto work = [&] {
    for (int64_t i; (i = next++) < count;) body(i);
  };
  if (helpers > 0) {
    Helpers::all().share(helpers, work);
  } else {
    work();
  }
}
