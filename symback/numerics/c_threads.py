"""C text: a standing team of threads that evaluate one program together, and the barrier between its phases.

Helpers are started at the first call that is large enough to be shared.  Between calls they spin for some microseconds
and then sleep.  A second caller, who comes while the team is at work, does its work alone; so does a child after fork,
until it has a team of its own.
"""

__all__ = ["THREADS"]

THREADS = r"""
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define MOST_THREADS 64
#if defined(__x86_64__) || defined(__i386__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() ((void)0)
#endif

static struct {
    atomic_int busy, call, sleepers;
    int helpers;
    Job *job;
    pthread_mutex_t lock;
    pthread_cond_t wake;
} team = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static void barrier(Job *job, int round) {
    if (job->threads == 1) return;
    atomic_fetch_add(&job->arrived, 1);
    for (long turn = 0; atomic_load_explicit(&job->arrived, memory_order_acquire) < round * job->threads; turn++) {
        if (turn < 4000) PAUSE();
        else sched_yield();
    }
}
static void *help(void *argument) {
    const int number = (int)(intptr_t)argument;
    for (int seen = 0;;) {
        for (long turn = 0; atomic_load(&team.call) == seen && turn < 2000; turn++) PAUSE();
        if (atomic_load(&team.call) == seen) {
            pthread_mutex_lock(&team.lock);
            atomic_fetch_add(&team.sleepers, 1);
            while (atomic_load(&team.call) == seen) pthread_cond_wait(&team.wake, &team.lock);
            atomic_fetch_sub(&team.sleepers, 1);
            pthread_mutex_unlock(&team.lock);
        }
        seen++;
        Job *job = team.job;
        if (number < job->threads) run(job, number);
        atomic_fetch_add(&job->left, 1); /* the job may be gone from here on */
    }
    return NULL;
}
static void forget_team(void) {
    team.helpers = 0;
    atomic_store(&team.busy, 0);
    atomic_store(&team.call, 0);
    atomic_store(&team.sleepers, 0);
    pthread_mutex_init(&team.lock, NULL);
    pthread_cond_init(&team.wake, NULL);
}
static int gather_team(int threads) {
    static int is_known;
    if (!is_known) is_known = 1, pthread_atfork(NULL, NULL, forget_team);
    while (team.helpers < threads - 1) {
        pthread_t thread;
        if (atomic_load(&team.call) != 0 || pthread_create(&thread, NULL, help, (void *)(intptr_t)(team.helpers + 1))) break;
        pthread_detach(thread);
        team.helpers++;
    }
    return team.helpers + 1;
}
static void run_together(Job *job) {
    if (job->threads > 1 && atomic_exchange(&team.busy, 1) == 0) {
        int gathered = gather_team(job->threads);
        if (gathered > 1) {
            if (job->threads > gathered) job->threads = gathered;
            team.job = job;
            pthread_mutex_lock(&team.lock);
            atomic_fetch_add(&team.call, 1);
            if (atomic_load(&team.sleepers)) pthread_cond_broadcast(&team.wake);
            pthread_mutex_unlock(&team.lock);
            run(job, 0);
            for (long turn = 0; atomic_load(&job->left) < team.helpers; turn++) {
                if (turn < 4000) PAUSE();
                else sched_yield();
            }
            atomic_store(&team.busy, 0);
            return;
        }
        atomic_store(&team.busy, 0);
    }
    job->threads = 1;
    run(job, 0);
}
"""
