/* A thread's intrusive queue, between its owner and two consumers: O3, O7, O10, O11.
 *
 * Models  Queues/HeadQueue.cs      Push, TryTakeSnapshot, Snapshot, FreeExpired, TryWithdraw
 *         Reclamation/Producer.cs  FinishPush, TryWithdrawHead
 *
 * The producer pushes heads that link to the head pushed before. Consumers, one at a time under the queue's lock, seal what is
 * open (count, cell, count again; the target after that), and when its grace period is over walk as many heads down as positions
 * say, and free them one by one. Freed heads are pushed again, so stale links point to live heads. Each item is carried out once,
 * by a grace period that started after its unlinking was visible; none is left.
 *
 * Memory: the producer's stores become visible in program order (releases, on any machine), each at a step of its own; since it
 * reads nothing of the others in between, a store buffer would do no more than let it run later. Grace periods are two
 * counters, as in page-queue.pml. A grace period that covers an item may not have started before the item is visible.
 *
 * How an append and a disposal come to see each other ([D], [F]) is idle.pml's; here the one that sees the other withdraws.
 *
 * Variants: DISPOSE      the domain is disposed meanwhile: an append that sees it is withdrawn
 * Twins:    NO_RECHECK   O10 the count is not read again after the cell
 *           ONE_CELL     O10 the newest head stands in one cell, not two in turn
 *           BY_POINTER   O10 the walk ends at the head that was on top of the last chain, not after a number of heads
 *           NO_LOCK      O10 two consumers at once
 *           COUNT_FIRST  O10 [I] before [H]
 *           TARGET_FIRST O3  the target is taken before the position
 *           JOINS_CHAIN  O3  what comes later joins a sealed chain under its older target
 *           NO_WITHDRAWAL O11 DISPOSE: an append does not look at Disposed
 *           UNLOCKED     O11 DISPOSE: a withdrawal does not take the lock
 *           NO_SEAL_LOOK O11 DISPOSE: what is withdrawn is not taken from the top of a sealed chain
 *           NO_BEGUN_LOOK O11 DISPOSE: an item is withdrawn from a chain that is being freed
 * NO_RECHECK and ONE_CELL are what handing over the last node without a protocol is in a queue that links backwards.
 */
#define HEADS 3
#ifdef DISPOSE
#define PUSHES 3
#else
#define PUSHES 4
#endif

byte count = 0, carried = 0, reclaimed = 0;    /* positions */
byte cell[2];                                  /* heads are 1..HEADS, 0 is none */
byte link[HEADS + 1];
byte itemAt[HEADS + 1];                        /* ghost: the position a head was pushed at; 0 while it is free */
byte need[HEADS + 1];                          /* ghost: the first grace period that covers it */
bool lock = false;
byte sealedPosition = 0, sealedTop = 0, sealedLeft = 0, sealedTarget = 0;
#ifdef BY_POINTER
byte chainTop = 0, lastTop = 0;               /* the head on top of this chain, and of the one before */
#endif
byte started = 0, completed = 0;
bool isOthersDone = false;
bool disposed = false, isProducerDone = false, isDrained = false;

active proctype GracePeriods()
{
end:
  do
  :: d_step { started == completed && sealedLeft > 0 && sealedTarget > completed -> started++ }
  :: d_step { started == completed && !isOthersDone -> isOthersDone = true; started++ }   /* another queue's, once */
  :: d_step { started != completed -> completed = started }
  od
}

inline withdraw() {
#ifndef UNLOCKED
  atomic { !lock -> lock = true };
#endif
  if
#ifdef NO_BEGUN_LOOK
  :: sealedPosition == count && sealedLeft == 0 -> skip
#else
  :: sealedPosition == count && (sealedLeft == 0 || reclaimed != carried) -> skip
#endif
  :: else ->
     atomic {
#ifndef NO_SEAL_LOOK
       if
       :: sealedPosition == count -> sealedTop = link[sealedTop]; sealedLeft--; sealedPosition--
       :: else -> skip
       fi;
#endif
       assert(itemAt[h] == count);             /* still queued */
       itemAt[h] = 0;
       need[h] = 0;
       count--;
       k = count
     }
  fi;
#ifndef UNLOCKED
  lock = false
#endif
}

proctype Producer()
{
  byte h, k;
  do
  :: k == PUSHES || disposed -> break
  :: else ->
     k++;
     /* Any free head; its unlinking is visible before it is pushed. */
     if
     :: atomic { itemAt[1] == 0 -> h = 1; itemAt[h] = k; need[h] = started + 1 }
     :: atomic { itemAt[2] == 0 -> h = 2; itemAt[h] = k; need[h] = started + 1 }
     :: atomic { itemAt[3] == 0 -> h = 3; itemAt[h] = k; need[h] = started + 1 }
     fi;
#ifdef ONE_CELL
     link[h] = cell[0];
     cell[0] = h;
     count = k;
#elif defined COUNT_FIRST
     link[h] = cell[(k - 1) % 2];
     count = k;
     cell[k % 2] = h;
#else
     link[h] = cell[(k - 1) % 2];
     cell[k % 2] = h;                          /* [H] */
     count = k;                                /* [I] */
#endif
#if defined DISPOSE && !defined NO_WITHDRAWAL
     if
     :: disposed -> withdraw(); break
     :: else -> skip
     fi
#endif
  od;
  isProducerDone = true
}

inline seal() {
#ifdef TARGET_FIRST
  t = started + 1;
#endif
  if
#ifdef JOINS_CHAIN
  :: reclaimed == carried ->
#else
  :: sealedLeft == 0 ->
#endif
     do
     :: c = count;
#ifdef ONE_CELL
        top = cell[0];
#else
        top = cell[c % 2];
#endif
#ifdef NO_RECHECK
        break
#else
        if :: count == c -> break :: else -> skip fi
#endif
     od;
     if
     :: c != sealedPosition ->
        d_step {
#ifdef JOINS_CHAIN
          if :: sealedLeft == 0 -> sealedTarget = started + 1 :: else -> skip fi;
#elif defined TARGET_FIRST
          sealedTarget = t;
#else
          sealedTarget = started + 1;          /* O3: after the position */
#endif
#ifdef BY_POINTER
          lastTop = chainTop;
          chainTop = top;
#endif
          sealedTop = top;
          sealedLeft = sealedLeft + c - sealedPosition;
          sealedPosition = c
        }
     :: else -> skip
     fi;
     d_step { c = 0; top = 0 }
  :: else -> skip
  fi;
  t = 0
}

/* FreeExpired, with a budget: it may stop after any head. Reclaimed moves when the whole chain has been freed. */
inline freeCovered() {
  if
  :: sealedLeft > 0 && completed >= sealedTarget ->
     do
#ifdef BY_POINTER
     :: sealedTop != lastTop && sealedTop != 0 ->
#else
     :: sealedLeft > 0 ->
#endif
        next = link[sealedTop];
        d_step {
          assert(itemAt[sealedTop] == carried + sealedLeft);     /* the very item, still queued: not skipped, repeated or freed */
          assert(completed >= need[sealedTop]);                  /* O3 */
          itemAt[sealedTop] = 0;
          need[sealedTop] = 0;
          sealedTop = next;
          sealedLeft--;
          freed++;
          next = 0
        }
#ifdef BY_POINTER
     :: else -> assert(sealedLeft == 0); break
#else
     :: else -> break
     :: freed > 0 -> break
#endif
     od;
     atomic {
       reclaimed = reclaimed + freed;
       freed = 0;
       if :: sealedLeft == 0 -> carried = sealedPosition; sealedTop = 0 :: else -> skip fi
     }
  :: else -> skip
  fi
}

inline look() {
#ifndef NO_LOCK
  atomic { !lock -> lock = true };
#endif
  freeCovered();
  seal();
#ifndef NO_LOCK
  lock = false
#endif
}

proctype Consumer()
{
  byte c, top, next, freed, t;
end:
  do
  :: count != carried -> look()
  :: isDrained && count == carried -> break    /* stopped, and nothing waits */
  od
}

proctype Disposer()
{
  byte c, top, next, freed, t;
  disposed = true;
  do
  :: count != carried -> look()
  :: else -> break
  od;
  isDrained = true
}

init {
  atomic {
    run Producer();
    run Consumer();
#ifdef DISPOSE
    run Disposer()
#else
    run Consumer()
#endif
  };
  (timeout);
  assert(isProducerDone && carried == count);  /* nothing is left */
  assert(itemAt[1] == 0 && itemAt[2] == 0 && itemAt[3] == 0)
#ifdef DISPOSE
  ; assert(isDrained)
#endif
}
