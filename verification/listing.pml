/* Which slots collectors look at: O9, O10, O11.
 *
 * Models  Reclamation/Listing.cs       List, DropEmpty, UnlistAll
 *         Readers/ListedSlots.cs       Add, BeginLeave, TryRemove
 *         Reclamation/Producer.cs      TryAppend, WakeAndCheckDisposed, TryWithdrawBlock
 *         Reclamation/ReclaimerRun.cs  Step, IsIdle
 *         Reclamation/Reclaimer.cs     Wake
 *         Reclamation/DomainCore.cs    Close
 *
 * One slot with two queues, whose producer appends a few items, each to either queue. The producer has a store buffer,
 * which drains by itself at any time, in order; its interlocked operations and the process-wide barrier drain it. A
 * helper (the owner's own collection, another thread's barrier) reclaims what it likes, some of the time. A thread that
 * takes a barrier's target looks once, at any time: when an append has returned, and so its item is visible to whoever
 * learned of the return, then the item is reclaimed or the slot is listed. When nothing can move any more, each item is
 * reclaimed, or was withdrawn. After a disposal nobody is left to reclaim it.
 *
 * What is one step here: the change of a slot's two bits, which are in one word; a reclaim, which is under the queue's
 * lock. A look at the slot's queues is a step for each.
 *
 * Variants: UNLISTS          another thread, whose start of the reclaimer has failed, clears the words meanwhile
 *           DISPOSE          the domain is disposed meanwhile
 *           TARGET           only the thread that takes a target checks anything, so that the twins of O10 fail there
 * Twins:    NO_BARRIER       O10  DropEmpty looks without the process-wide barrier [E]
 *           NO_LOOK          O10  DropEmpty does not look again after the barrier
 *           WORDS_FIRST      O10  DropEmpty clears the words before the slot is leaving
 *           BIT_FIRST        O10  List sets the word after the slot is listed
 *           BLIND            O10  a slot is removed though it is not leaving any more
 *           SLEEPS_LISTED    O9   the reclaimer sleeps while a slot is listed in which nothing waits
 *           IDLE_LATE        O9   Idle is set after the look whether a slot is listed
 *           DISPOSE NO_UNLIST      O11  Dispose does not clear the words
 *           DISPOSE NO_BARRIER     O11  nor is there a barrier [F]
 *           DISPOSE NO_DISPOSED    O11  List does not set Disposed in the word
 */
#define QUEUES 2
#ifdef DISPOSE
#define APPENDS 3
#else
#define APPENDS 4
#endif

bool idle = true, disposed = false, stopping = false, signal = false;
bool listed = false, leaving = false;           /* the slot's bits, in one word */
bool word[QUEUES], refuses[QUEUES];             /* Listed and Disposed in the queue's word */
byte tail[QUEUES], reclaimed[QUEUES];           /* as threads other than the owner see them */
byte returned[QUEUES];                          /* appends that have returned */
chan stores = [APPENDS] of { byte };
bool isAtRest = true;                           /* the reclaimer has not been started, or sleeps */

#define IS_EMPTY(q) (tail[q] == reclaimed[q])
#define DONE(q) (returned[q] <= reclaimed[q] || tail[q] <= reclaimed[q])

inline drain() {
  do
  :: stores?[0] -> stores?0; tail[0]++
  :: stores?[1] -> stores?1; tail[1]++
  :: else -> break
  od
}

inline processWideBarrier() {
#ifndef NO_BARRIER
  atomic { drain() }
#else
  skip
#endif
}

active proctype Memory()
{
end:
  do
  :: atomic { stores?[0] -> stores?0; tail[0]++ }
  :: atomic { stores?[1] -> stores?1; tail[1]++ }
  od
}

inline unlistAll() {
  if
  :: listed -> word[0] = false; word[1] = false
  :: else -> skip
  fi
}

inline list(q) {
#ifndef BIT_FIRST
  atomic { drain(); word[q] = true };
  atomic { listed = true; leaving = false };
#else
  atomic { drain(); listed = true; leaving = false };
  word[q] = true;
#endif
#ifndef NO_DISPOSED
  if :: disposed -> refuses[q] = true :: else -> skip fi
#else
  skip
#endif
}

active proctype Producer()
{
  byte q, left = APPENDS;
  bool isDue, isDisposed;
  do
  :: left == 0 -> break
  :: else ->
     left--;
     if :: q = 0 :: q = 1 fi;
     stores!q;                                  /* [D]: the item, then the word */
     atomic {
       isDue = !word[q] || refuses[q];
       if :: !isDue -> returned[q]++ :: else -> skip fi
     };
     if
     :: isDue ->
        if :: !word[q] -> list(q) :: else -> atomic { drain() } fi;
        atomic { if :: idle -> idle = false; signal = true :: else -> skip fi };
        isDisposed = disposed;
        atomic {
          if
          :: isDisposed && tail[q] != reclaimed[q] -> tail[q]--
          :: else -> returned[q]++
          fi
        }
     :: else -> skip
     fi;
     atomic { isDue = false; isDisposed = false }
  od
}

proctype Helper()
{
end:
  do
  :: atomic { !IS_EMPTY(0) -> reclaimed[0] = tail[0] }
  :: atomic { !IS_EMPTY(1) -> reclaimed[1] = tail[1] }
  :: break
  od
}

active proctype Target()
{
  assert(listed || DONE(0) && DONE(1))
}

#ifdef UNLISTS
active proctype Unlister()
{
  unlistAll()
}
#endif

inline look() {
  isEmpty = IS_EMPTY(0);
  isEmpty = isEmpty && IS_EMPTY(1)
}

inline dropEmpty() {
  look();
  if
  :: listed && isEmpty ->
#ifndef WORDS_FIRST
     leaving = true;
     word[0] = false;
     word[1] = false
#else
     word[0] = false;
     word[1] = false;
     leaving = true
#endif
  :: else -> skip
  fi;
  processWideBarrier();                         /* [E] */
#ifndef NO_LOOK
  look();
#endif
  atomic {
    if
#ifndef BLIND
    :: listed && isEmpty && leaving -> listed = false; leaving = false
#else
    :: listed && isEmpty -> listed = false; leaving = false
#endif
    :: else -> skip
    fi;
    isEmpty = false
  }
}

proctype Reclaimer()
{
  bool isEmpty;
  isAtRest = false;
  do
  :: atomic { listed && !IS_EMPTY(0) -> reclaimed[0] = tail[0] }
  :: atomic { listed && !IS_EMPTY(1) -> reclaimed[1] = tail[1] }
  :: listed -> dropEmpty()                      /* after some visits in vain */
  :: !listed || IS_EMPTY(0) && IS_EMPTY(1) ->   /* nothing waits */
     if :: stopping -> break :: else -> skip fi;
#ifndef IDLE_LATE
     idle = true;
#endif
     dropEmpty();
     if
#ifndef SLEEPS_LISTED
     :: listed || stopping -> idle = false
#else
     :: listed && (!IS_EMPTY(0) || !IS_EMPTY(1)) || stopping -> idle = false
#endif
     :: else ->
#ifdef IDLE_LATE
        idle = true;
#endif
        isAtRest = true;
endAsleep:
        atomic { signal -> signal = false; isAtRest = false }
     fi
  od;
  isAtRest = true
}

#ifdef DISPOSE
active proctype Disposer()
{
  disposed = true;
#ifndef NO_UNLIST
  unlistAll();
#endif
#ifndef NO_BARRIER
  atomic { drain() };                           /* [F] */
#endif
  do
  :: atomic { listed && !IS_EMPTY(0) -> reclaimed[0] = tail[0] }
  :: atomic { listed && !IS_EMPTY(1) -> reclaimed[1] = tail[1] }
  :: !listed || IS_EMPTY(0) && IS_EMPTY(1) -> break
  od;
  stopping = true;
  signal = true
}
#endif

init {
  atomic {
    run Helper();
    run Reclaimer()
  };
  (timeout);                                    /* no process can move any more */
  assert(isAtRest);
#ifndef TARGET
  assert(IS_EMPTY(0) && IS_EMPTY(1))
#endif
}
