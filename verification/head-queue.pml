/* A thread's intrusive queue, between its owner and two consumers: O3, O7, O10, O11.
 *
 * Models  Queues/HeadQueue.cs      Push, TryTakeSnapshot, Snapshot, FreeExpired, TryWithdraw
 *         Reclamation/Producer.cs  FinishPush, TryWithdrawHead
 *
 * The producer pushes heads that link to the head pushed before. Consumers, one at a time under the queue's lock, take
 * a snapshot of the open chain (count, cell, count again; the target after that). When its grace period is over, they
 * walk down as many heads as the positions say, and free them one by one. Freed heads are pushed again, so stale links
 * point to live heads. Each item is reclaimed once, by a grace period that started after its unlinking was visible;
 * none is left.
 *
 * Memory: the producer's stores become visible in program order (releases, on any machine), each at a step of its own;
 * since it reads nothing of the others in between, a store buffer would only let it run later. Grace periods are two
 * counters, as in page-queue.pml. A grace period that covers an item must not have started before the item is visible.
 *
 * How an append and a disposal come to see each other ([D], [F]) is verified in idle.pml; here the one that sees the
 * other withdraws.
 *
 * Variants: DISPOSE      the domain is disposed meanwhile: an append that sees it is withdrawn
 * Twins:    NO_RECHECK   O10 the count is not read again after the cell
 *           ONE_CELL     O10 the newest head stands in one cell, not two in turn
 *           BY_POINTER   O10 the walk ends at the head that was on top of the last chain, not after a number of heads
 *           NO_LOCK      O10 two consumers at once
 *           COUNT_FIRST  O10 [I] before [H]
 *           TARGET_FIRST O3  the target is taken before the position
 *           JOINS_CHAIN  O3  later heads join a snapshot under its older target
 *           NO_WITHDRAWAL O11 DISPOSE: an append does not look at Disposed
 *           UNLOCKED     O11 DISPOSE: a withdrawal does not take the lock
 *           NO_SNAPSHOT_LOOK O11 DISPOSE: a withdrawn head is not taken from the top of a snapshot
 *           NO_BEGUN_LOOK O11 DISPOSE: an item is withdrawn from a chain that is being freed
 * NO_RECHECK and ONE_CELL show what happens when the last node is handed over without a protocol, in a queue that
 * links backwards.
 */
#define HEADS 3
#ifdef DISPOSE
#define PUSHES 3
#else
#define PUSHES 4
#endif

byte count = 0, freedItems = 0, reclaimed = 0;    /* positions */
byte cell[2];                                  /* heads are 1..HEADS, 0 is none */
byte link[HEADS + 1];
byte itemAt[HEADS + 1];                        /* ghost: the position a head was pushed at; 0 while it is free */
byte need[HEADS + 1];                          /* ghost: the first grace period that covers it */
bool lock = false;
byte snapshotPosition = 0, snapshotTop = 0, snapshotLeft = 0, snapshotTarget = 0;
#ifdef BY_POINTER
byte chainTop = 0, lastTop = 0;                /* the top heads of this chain and of the one before */
#endif
byte started = 0, completed = 0;
bool isOthersDone = false;
bool disposed = false, isProducerDone = false, isDrained = false;

active proctype GracePeriods()
{
end:
  do
  :: d_step { started == completed && snapshotLeft > 0 && snapshotTarget > completed -> started++ }
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
  :: snapshotPosition == count && snapshotLeft == 0 -> skip
#else
  :: snapshotPosition == count && (snapshotLeft == 0 || reclaimed != freedItems) -> skip
#endif
  :: else ->
     atomic {
#ifndef NO_SNAPSHOT_LOOK
       if
       :: snapshotPosition == count -> snapshotTop = link[snapshotTop]; snapshotLeft--; snapshotPosition--
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

inline takeSnapshot() {
#ifdef TARGET_FIRST
  t = started + 1;
#endif
  if
#ifdef JOINS_CHAIN
  :: reclaimed == freedItems ->
#else
  :: snapshotLeft == 0 ->
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
     :: c != snapshotPosition ->
        d_step {
#ifdef JOINS_CHAIN
          if :: snapshotLeft == 0 -> snapshotTarget = started + 1 :: else -> skip fi;
#elif defined TARGET_FIRST
          snapshotTarget = t;
#else
          snapshotTarget = started + 1;          /* O3: after the position */
#endif
#ifdef BY_POINTER
          lastTop = chainTop;
          chainTop = top;
#endif
          snapshotTop = top;
          snapshotLeft = snapshotLeft + c - snapshotPosition;
          snapshotPosition = c
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
  :: snapshotLeft > 0 && completed >= snapshotTarget ->
     do
#ifdef BY_POINTER
     :: snapshotTop != lastTop && snapshotTop != 0 ->
#else
     :: snapshotLeft > 0 ->
#endif
        next = link[snapshotTop];
        d_step {
          /* The very item, still queued: not skipped, repeated or freed. */
          assert(itemAt[snapshotTop] == freedItems + snapshotLeft);
          assert(completed >= need[snapshotTop]);                  /* O3 */
          itemAt[snapshotTop] = 0;
          need[snapshotTop] = 0;
          snapshotTop = next;
          snapshotLeft--;
          freed++;
          next = 0
        }
#ifdef BY_POINTER
     :: else -> assert(snapshotLeft == 0); break
#else
     :: else -> break
     :: freed > 0 -> break
#endif
     od;
     atomic {
       reclaimed = reclaimed + freed;
       freed = 0;
       if :: snapshotLeft == 0 -> freedItems = snapshotPosition; snapshotTop = 0 :: else -> skip fi
     }
  :: else -> skip
  fi
}

inline look() {
#ifndef NO_LOCK
  atomic { !lock -> lock = true };
#endif
  freeCovered();
  takeSnapshot();
#ifndef NO_LOCK
  lock = false
#endif
}

proctype Consumer()
{
  byte c, top, next, freed, t;
end:
  do
  :: count != freedItems -> look()
  :: isDrained && count == freedItems -> break    /* stopped, and nothing waits */
  od
}

proctype Disposer()
{
  byte c, top, next, freed, t;
  disposed = true;
  do
  :: count != freedItems -> look()
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
  assert(isProducerDone && freedItems == count);  /* nothing is left */
  assert(itemAt[1] == 0 && itemAt[2] == 0 && itemAt[3] == 0)
#ifdef DISPOSE
  ; assert(isDrained)
#endif
}
