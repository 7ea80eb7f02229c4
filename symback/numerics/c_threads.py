"""C text: a standing team of threads that evaluate one program together, phase by phase.

Each phase is cut in shares, which are claimed: where a helper is late, because another program has its processor, the
caller does its share too, and waits for nobody who has not begun.  Helpers are started at the first call that is large
enough to be shared.  Between calls they spin for some microseconds and then sleep.  A second caller, who comes while the
team is at work, does its work alone; so does a child after fork, until it has a team of its own.
"""

__all__ = ["RUN", "THREADS"]

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
    atomic_int busy, call, sleepers, inside;
    int helpers;
    _Atomic(Job *) job;
    pthread_mutex_t lock;
    pthread_cond_t wake;
} team = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static void wait_for(atomic_int *count, int wanted) {
    for (long turn = 0; atomic_load_explicit(count, memory_order_acquire) != wanted; turn++) {
        if (turn < 2000) PAUSE();
        else sched_yield();
    }
}
static void *help(void *unused) {
    (void)unused;
    for (int seen = 0;;) {
        for (long turn = 0; atomic_load(&team.call) == seen && turn < 2000; turn++) PAUSE();
        if (atomic_load(&team.call) == seen) {
            pthread_mutex_lock(&team.lock);
            atomic_fetch_add(&team.sleepers, 1);
            while (atomic_load(&team.call) == seen) pthread_cond_wait(&team.wake, &team.lock);
            atomic_fetch_sub(&team.sleepers, 1);
            pthread_mutex_unlock(&team.lock);
        }
        seen = atomic_load(&team.call);
        atomic_fetch_add(&team.inside, 1); /* before the job is looked for: whoever sees it is waited for */
        Job *job = atomic_load(&team.job);
        if (job) run(job);
        atomic_fetch_sub(&team.inside, 1);
    }
    return NULL;
}
static void forget_team(void) {
    team.helpers = 0;
    atomic_store(&team.busy, 0);
    atomic_store(&team.call, 0);
    atomic_store(&team.sleepers, 0);
    atomic_store(&team.inside, 0);
    atomic_store(&team.job, NULL);
    pthread_mutex_init(&team.lock, NULL);
    pthread_cond_init(&team.wake, NULL);
}
static int gather_team(int threads) {
    static int is_known;
    if (!is_known) is_known = 1, pthread_atfork(NULL, NULL, forget_team);
    while (team.helpers < threads - 1) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, help, NULL)) break;
        pthread_detach(thread);
        team.helpers++;
    }
    return team.helpers + 1;
}
static void run_together(Job *job) {
    if (job->threads > 1 && atomic_exchange(&team.busy, 1) == 0) {
        int gathered = gather_team(job->threads);
        if (gathered > 1) {
            atomic_store(&team.job, job);
            atomic_fetch_add(&team.call, 1);
            if (atomic_load(&team.sleepers)) {
                pthread_mutex_lock(&team.lock);
                pthread_cond_broadcast(&team.wake);
                pthread_mutex_unlock(&team.lock);
            }
            run(job);
            atomic_store(&team.job, NULL);
            wait_for(&team.inside, 0);
            atomic_store(&team.busy, 0);
            return;
        }
        atomic_store(&team.busy, 0);
    }
    job->threads = 1;
    run(job);
}
"""

RUN = r"""
static void run(Job *job) {
    if (job->threads == 1) {
        for (int p = 0; p < PHASES; p++) phases[p](job, 0);
        return;
    }
    for (int p = 0, share; p < PHASES; p++) {
        while ((share = atomic_fetch_add(&job->claimed[p], 1)) < job->threads) {
            phases[p](job, share);
            atomic_fetch_add(&job->done[p], 1);
        }
        wait_for(&job->done[p], job->threads);
    }
}
"""
