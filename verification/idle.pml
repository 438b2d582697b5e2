/* The reclaimer's sleep and its wake-ups, its start, and disposal: O9, O11.
 *
 * Models  Reclamation/Reclaimer.cs     Wake, TryStart, RequireThread, Request, WaitAsync, TryLeave, TryStop
 *         Reclamation/ReclaimerRun.cs  Step, HasWork, IsIdle
 *         Reclamation/ReclaimerThread.cs  Serve, RunUntilNothingWaits, Sleep
 *         Reclamation/ReclaimerClaim.cs   TryTake, TryGiveUp, Stop
 *         Reclamation/Producer.cs      TryAppend, WakeAndCheckDisposed, TryWithdrawBlock
 *         Reclamation/Listing.cs       List, DropEmpty, UnlistAll
 *         Reclamation/AsyncWaiters.cs  Add, CompleteReady, Close
 *         GracePeriodDomain.cs         Dispose
 *
 * Two producers append an item each; listing.pml has one that appends again, to more than one queue. A queue is as
 * small as it can be: an item that enters a snapshot and later is reclaimed, both under the queue's lock;
 * page-queue.pml and head-queue.pml have the real ones. Producers have store buffers, which drain by themselves at any
 * time. Interlocked operations drain the buffer of their thread, the process-wide barrier drains both, one after the
 * other. When nothing can move any more, nothing may be left undone: no item queued, no request, no waiter; and in a
 * disposed domain, each item is reclaimed or withdrawn, never both.
 *
 * What is one step here: what a lock protects, where no thread reads it without the lock; the look at Idle after an
 * append and the And in Wake.
 *
 * Variants: AWAKE        the reclaimer runs already, both slots are listed, and it is about to look for work and sleep
 *           ASKS         one producer, and a thread that asks for a grace period (StartPoll) and one that awaits one
 *                        (with DISPOSE, only the latter)
 *           START_FAILS  the thread cannot be started, once. Then an item may wait for the next append, whoever's, if
 *                        that will try again
 *           ENDS         a thread that sleeps may leave, twice in all (with DISPOSE: once)
 *           DISPOSE      the domain is disposed meanwhile (with AWAKE, one producer)
 *           CODE         DISPOSE: the items are user code, which the reclaimer alone runs, outside the lock
 * Twins:    NO_BARRIER   O9   AWAKE: the reclaimer drops slots without the process-wide barrier [E]
 *           NO_LOOK      O9   AWAKE: the reclaimer does not look again after setting Idle
 *           LATE_REQUEST O9   a request is stored after the wake-up
 *           LATE_WAITER  O9   a waiter is added after the wake-up
 *           NO_RETRY     O9   START_FAILS: Idle is not set again
 *           NO_UNLIST    O9   START_FAILS: the words of listed slots keep Listed
 *           EARLY_THREAD O9   START_FAILS: the field is set before the thread has started
 *           NO_END_LOOK  O9   AWAKE ENDS: a thread leaves without a look whether somebody has woken it
 *           NO_WORK_LOOK O9   AWAKE ASKS START_FAILS ENDS: it looks at Idle alone, which another caller may have set
 *           NO_SECOND_LOOK O9 AWAKE ASKS START_FAILS ENDS: a request relies on the thread that was there before it
 *           NO_BARRIER   O11  AWAKE DISPOSE: Disposed is set without the process-wide barrier [F] as well
 *           NO_UNLIST    O11  AWAKE DISPOSE: Dispose does not clear the words
 *           NO_WITHDRAWAL O11 DISPOSE: an append does not look at Disposed
 *           NO_LOCK      O11  DISPOSE: a withdrawal does not take the queue's lock
 *           NO_SNAPSHOT_LOOK O11 CODE: an item is withdrawn although it is in a snapshot
 *           NO_STOP_LOOK O9   DISPOSE: going to sleep, the reclaimer does not look at stopping, and TryStop does
 *                             not signal
 *           NO_CLOSE     O11  DISPOSE: a waiter is added without a look whether the list is closed
 */
#if defined ASKS || defined AWAKE && defined DISPOSE
#define PRODUCERS 1
#define EACH(f) f(0)
#define ANY(f) f(0)
#else
#define PRODUCERS 2
#define EACH(f) f(0); f(1)
#define ANY(f) (f(0) || f(1))
#endif

#ifndef ASKS
#define USERS PRODUCERS
#elif defined DISPOSE
#define USERS 2
#else
#define USERS 3
#endif

#ifdef DISPOSE
#define MAX_ENDS 1
#else
#define MAX_ENDS 2
#endif

#define NONE 0
#define PUBLISHED 1                       /* the field is set, no thread has claimed the domain yet */
#define RUNNING 2
#define ENDED 3

bool idle = true, disposed = false;       /* the domain's bits of AppendFlags */
bool word[PRODUCERS];                     /* Listed in the queue's word */
bool listed[PRODUCERS], leaving[PRODUCERS];             /* the slot's bits, in one word */
byte thread = NONE;
bool signal = false, stopping = false, isStopped = false;
bool hasFailed = false;

bool tail[PRODUCERS], snapshotTaken[PRODUCERS], reclaimed[PRODUCERS];   /* as threads other than the owner see them */
bool lock[PRODUCERS];
chan stores[PRODUCERS] = [1] of { bool };
bool accepted[PRODUCERS], withdrawn[PRODUCERS];

bool requested = false, refused = false;  /* the request that waits; no thread for it */
bool waits = false, isClosed = false;     /* the waiter in the list; the list is closed */
bool isTold = false, isAnswered = false;  /* what became of the waiter */
byte finished = 0;
byte ends = 0;                            /* threads that have ended because nobody wanted anything */

#define IS_EMPTY(p) (tail[p] == reclaimed[p])
#define WAITS(p) (listed[p] && !IS_EMPTY(p))
#define LISTED(p) listed[p]
#define ANYTHING_WAITS ANY(WAITS)
#define HAS_WORK (ANYTHING_WAITS || (!stopping && (requested || waits)))

inline drain(p) { if :: stores[p]?[_] -> stores[p]?tail[p] :: else -> skip fi }
inline drainAlone(p) { atomic { drain(p) } }

inline processWideBarrier() {
#ifndef NO_BARRIER
  EACH(drainAlone)
#else
  skip
#endif
}

active proctype Memory()
{
end:
  do
  :: stores[0]?tail[0]
#if PRODUCERS == 2
  :: stores[1]?tail[1]
#endif
  od
}

/* No lock: two callers may start a thread each, and the first one to claim the domain stays. UnsafeStart may throw, so
   the thread itself sets the field. */
inline tryStart() {
  if
  :: thread != NONE || stopping -> hasThread = (thread != NONE)
  :: else ->
#ifdef EARLY_THREAD
     thread = PUBLISHED;
#endif
     if
     :: atomic { hasThread = true; run Reclaimer(false) }
#ifdef START_FAILS
     :: atomic {
          !hasFailed -> hasFailed = true;
          hasThread = false;
          if :: thread == PUBLISHED -> thread = NONE :: else -> skip fi
        }
#endif
     fi
  fi
}

/* There is a signal to set once a thread has claimed the domain; before, the thread looks for work by itself. A signal
   for a thread that has given the domain up is lost: the next one has its own. */
inline setSignal() {
  if :: thread == RUNNING || thread == ENDED -> signal = true :: else -> skip fi
}

inline requireThread() {
  if :: thread != NONE -> hasThread = true :: else -> tryStart() fi
}

inline unlist(p) {
#ifndef NO_UNLIST
  atomic { if :: listed[p] -> word[p] = false :: else -> skip fi }
#else
  skip
#endif
}

inline unlistAll() {
  EACH(unlist)
}

inline wake() {
  atomic { wasIdle = idle; idle = false };      /* an interlocked And */
  if
  :: wasIdle ->
     requireThread();
     if
     :: hasThread -> setSignal()
#ifndef NO_RETRY
     :: else -> idle = true; unlistAll()
#else
     :: else -> skip
#endif
     fi
  :: else -> skip
  fi;
  atomic { wasIdle = false; hasThread = false }
}

inline expedite() { wake(); setSignal() }

proctype Producer(byte me)
{
  bool isListed, isDisposed, wasIdle, hasThread;
  if
  :: disposed -> withdrawn[me] = true           /* refused before anything was stored */
  :: else ->
     stores[me]!true;                           /* [D]: the item, then the word */
     isListed = word[me];
     if
     :: isListed -> skip
     :: else ->
        atomic { drain(me); word[me] = true };
        atomic { listed[me] = true; leaving[me] = false };
        wake();
        isDisposed = disposed
     fi;
#ifdef NO_WITHDRAWAL
     isDisposed = false;
#endif
     if
     :: isDisposed ->
#ifndef NO_LOCK
        atomic { !lock[me] -> lock[me] = true; drain(me) };
#else
        atomic { drain(me) };
#endif
        if
#if defined CODE && !defined NO_SNAPSHOT_LOOK
        :: reclaimed[me] || snapshotTaken[me] -> accepted[me] = true
#else
        :: reclaimed[me] -> accepted[me] = true
#endif
        :: else ->
           atomic { tail[me] = false; snapshotTaken[me] = false };
           withdrawn[me] = true
        fi;
#ifndef NO_LOCK
        lock[me] = false
#endif
     :: else -> accepted[me] = true
     fi
  fi;
  atomic { isListed = false; isDisposed = false; finished++ }
}

proctype Asker()
{
  bool wasIdle, hasThread;
  requireThread();
  if
  :: hasThread ->
#ifdef LATE_REQUEST
     expedite();
     requested = true
#else
     requested = true;
     expedite();
#ifndef NO_SECOND_LOOK
     requireThread();
     if :: hasThread -> skip :: else -> refused = true fi
#endif
#endif
  :: else -> refused = true
  fi;
  finished++
}

proctype Awaiter()
{
  bool wasIdle, hasThread;
  requireThread();
  if
  :: !hasThread && !stopping -> isTold = true   /* OutOfMemoryException */
  :: else ->
#ifdef LATE_WAITER
     expedite();
#endif
     atomic {                                   /* under the list's gate */
#ifndef NO_CLOSE
       if :: isClosed -> isTold = true :: else -> waits = true fi
#else
       waits = true
#endif
     };
#ifndef LATE_WAITER
     expedite();
     requireThread();
     if
     :: !hasThread && !stopping ->              /* OutOfMemoryException; nobody has the task */
        atomic { if :: waits -> waits = false; isTold = true :: else -> skip fi }
     :: else -> skip
     fi
#else
     skip
#endif
  fi;
  finished++
}

/* One look at a queue: a snapshot is reclaimed (its grace period may be over by now), else a snapshot is taken. */
inline serve(p) {
  if
  :: listed[p] && !IS_EMPTY(p) ->
     atomic { !lock[p] -> lock[p] = true };
     if
     :: !tail[p] -> skip
     :: tail[p] && !snapshotTaken[p] -> snapshotTaken[p] = true
     :: else ->
#ifdef CODE
        lock[p] = false;
#endif
        assert(!withdrawn[p]);
        reclaimed[p] = true
     fi;
     lock[p] = false
  :: else -> skip
  fi
}

inline leave(p) {
  if
  :: listed[p] && IS_EMPTY(p) -> leaving[p] = true; word[p] = false
  :: else -> skip
  fi
}

inline remove(p) {
  if
  :: listed[p] && IS_EMPTY(p) ->
     atomic { if :: leaving[p] -> listed[p] = false; leaving[p] = false :: else -> skip fi }
  :: else -> skip
  fi
}

inline dropEmpty() {
  EACH(leave);
  processWideBarrier();                         /* [E] */
  EACH(remove)
}

proctype Reclaimer(bool hasClaimed)
{
  if
  :: hasClaimed -> skip
  :: else ->
     if                                         /* under the gate */
     :: atomic { thread != RUNNING && thread != ENDED && !stopping -> thread = RUNNING; signal = false }
     :: else -> goto out
     fi
  fi;
end:
  do
  :: HAS_WORK ->
     EACH(serve);
     requested = false;
     atomic { if :: waits -> waits = false; isAnswered = true :: else -> skip fi }
  :: else ->
     if
     :: stopping -> break
     :: else ->
        idle = true;
        dropEmpty();
        if
#ifdef NO_LOOK
        :: false -> skip
#elif defined NO_STOP_LOOK
        :: ANY(LISTED) || HAS_WORK -> idle = false
#else
        :: ANY(LISTED) || HAS_WORK || stopping -> idle = false
#endif
        :: else ->
endAsleep:
           if
           :: atomic { signal -> signal = false }
#ifdef ENDS
           :: atomic { !signal && ends < MAX_ENDS -> ends++ };
              if                                /* under the gate */
              :: stopping -> skip
              :: atomic { !stopping -> thread = NONE };
                 if                             /* behind [W] */
#ifdef NO_END_LOOK
                 :: true -> goto out
#else
#ifdef NO_WORK_LOOK
                 :: idle -> goto out
#else
                 :: idle && !ANY(LISTED) && !HAS_WORK -> goto out
#endif
                 :: else ->
                    if
                    :: atomic { thread == NONE && !stopping -> thread = RUNNING }
                    :: else -> goto out
                    fi
#endif
                 fi
              fi
#endif
           fi
        fi
     fi
  od;
  thread = ENDED;
out:
  skip
}

proctype Disposer()
{
  bool wasIdle, hasThread;
  disposed = true;
  unlistAll();
  processWideBarrier();                         /* [F] */
  do
  :: ANYTHING_WAITS ->
#ifdef CODE
     expedite();
     (!ANYTHING_WAITS)
#else
     EACH(serve)
#endif
  :: else -> break
  od;
  stopping = true;                              /* under the gate */
#ifdef NO_STOP_LOOK
  wake();
#else
  expedite();
#endif
  (thread == NONE || thread == ENDED);          /* Join */
  isClosed = true;
  atomic { if :: waits -> waits = false; isTold = true :: else -> skip fi };
  isStopped = true
}

#define LIST(p) word[p] = true; listed[p] = true
#define PRODUCE(p) run Producer(p)
#define IS_STRANDED(p) (!IS_EMPTY(p))
#define WORD(p) word[p]

inline check(p) {
  assert(accepted[p] != withdrawn[p]);
  assert(!withdrawn[p] || !tail[p] && !reclaimed[p]);
  assert(!accepted[p] || reclaimed[p])
}

init {
  atomic {
#ifdef AWAKE
    idle = false;
    EACH(LIST);
    thread = RUNNING;
    run Reclaimer(true);
#endif
    EACH(PRODUCE);
#ifdef ASKS
    run Awaiter();
#ifndef DISPOSE
    run Asker();
#endif
#endif
#ifdef DISPOSE
    run Disposer()
#endif
  };
  (timeout);                                    /* no process can move any more */
  assert(finished == USERS);
#ifdef DISPOSE
  assert(isStopped);
  EACH(check);
#else
  assert(!ANY(IS_STRANDED) || idle && thread == NONE && !ANY(WORD));
  assert(!requested || refused);
#endif
#ifdef ASKS
  assert(isTold != isAnswered)
#endif
}
