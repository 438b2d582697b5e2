/* A thread's queue of pages, between its owner, the reclaimer and a barrier: O3, O7, O10, O11.
 *
 * Models  Queues/PageQueue.cs            StampFullPage, Extend, Tail, SnapshotPartialPages, Expired, MarkReclaimed,
 *                                        Recycle, TryWithdraw
 *         Queues/ExpiredEntries.cs       FreeExpired
 *         Reclamation/Producer.cs        TryAppend, MakeRoom, TryWithdrawBlock
 *         Reclamation/OwnerCollector.cs  Collect
 *         Reclamation/ReclaimerPass.cs  FreePages, RunPages
 *         Reclamation/BarrierTarget.cs  Take, IsEmpty, IsDone
 *         Reclamation/BarrierWait.cs    For
 *
 * The owner appends numbered items to pages of two, stamps full ones, collects, extends; pages are recycled into the
 * same queue. The reclaimer takes snapshots of partial pages, and frees what has expired. A barrier takes a position
 * and waits until it is reclaimed (its help is another pass of the reclaimer). Each item is reclaimed once, in its
 * order, by a grace period that started after its unlinking was visible; the barrier returns after everything queued
 * before it; nothing is left in the end.
 *
 * Memory: the owner's appends (the unlinking, the entry and the cursor [D], in that order) wait in its store buffer and
 * become visible by themselves at any time, or at a fence. In the code these are three stores; that they are one here
 * hides nothing, since the cursor comes last and an earlier unlinking is easier to cover. [J] and [K] are plain steps:
 * the fence of StampFullPage comes before them, and nothing that the owner reads afterwards depends on their being
 * visible. Grace periods are two counters: readers are in engine.pml; a grace period starts when a thread waits for it,
 * and ends at any time.
 *
 * What is one step here: what the queue's lock protects and no thread reads without it, with the shared access beside
 * it.
 *
 * Variants: DISPOSE        the domain is disposed meanwhile (then without a barrier)
 *           CODE           a user deallocator's queue: the reclaimer alone frees, outside the lock
 * Twins:    NO_FENCE       O3  the owner's stamp is taken without the fence [G], its last entries not yet visible
 *           STAMPED_EARLY  O3  the stamp is taken before the page's last entry
 *           TARGET_FIRST   O3  a snapshot's target is taken before its position
 *           JOINS_SNAPSHOT O3  later items join a snapshot under its older target
 *           BY_POINTER     O10 a snapshot ends at an address, not at a position
 *           LINK_FIRST     O10 [K] before [J]
 *           NO_LOCK        O10 the owner collects without the lock
 *           SKIPS_PARTIAL  O10 the barrier does not count pages that are not full
 *           TAKEN          O10 the barrier waits for taken, not for reclaimed
 *           NO_CUT         O11 DISPOSE: a withdrawal does not shorten the snapshot
 *           UNLOCKED       O11 DISPOSE: a withdrawal does not take the lock
 *           NO_SNAPSHOT_LOOK O11 DISPOSE CODE: an item in a snapshot is withdrawn
 *           NO_WITHDRAWAL  O11 DISPOSE: an append does not look at Disposed
 */
#define ITEMS 5
#define PAGES 3
#define ROOM 2

byte started = 0, completed = 0;
byte need[ITEMS + 1];                          /* the first grace period that covers the item; 0 before it is visible */
bool done[ITEMS + 1], withdrawn[ITEMS + 1];

/* The owner's line, as others see it; pages are 1..PAGES, 0 is none. */
byte cursorPage = 0, cursorIndex = 0;
byte queued = 0, visible = 0;                  /* how many items the owner has appended, and how many others see */
bool isOwnerDone = false, disposed = false, isDrained = false;

/* The consumer's line. */
bool lock = false;
byte head = 0, reclaimed = 0, taken = 0;
byte snapshotPosition = 0, snapshotTarget = 0;
#ifdef BY_POINTER
byte snapshotPage = 0, snapshotIndex = 0;
#endif

typedef Page { byte next, stamp, base; byte entry[ROOM]; bool isSpare }
Page page[PAGES + 1];

#define IS_WANTED(p) (!page[p].isSpare && page[p].stamp > completed)

/* The oldest append in the owner's store buffer becomes visible. */
inline drainOne() { d_step { visible < queued -> visible++; cursorIndex++; need[visible] = started + 1 } }

active proctype Memory()
{
end:
  do
  :: drainOne()
  od
}

active proctype GracePeriods()
{
end:
  do
  :: d_step { started == completed && (snapshotTarget > completed || IS_WANTED(1) || IS_WANTED(2) || IS_WANTED(3))
              -> started++ }
  :: d_step { started != completed -> completed = started }
  od
}

inline forgetSnapshot() {
  if :: snapshotPosition <= reclaimed -> snapshotTarget = 0; snapshotPosition = 0 :: else -> skip fi
}

inline readTail() {
  assert(!page[cursorPage].isSpare);           /* O10: under the lock the cursor's page is in the queue */
  tail = page[cursorPage].base + cursorIndex
}

/* One look at the link: [K]. */
inline recycle() {
  d_step {
    forgetSnapshot();
    if
    :: reclaimed - page[head].base == ROOM && page[head].next != 0 ->
       p = head;
       head = page[head].next;
       page[p].isSpare = true;
       page[p].next = 0;
       page[p].stamp = 0;
       page[p].base = 0;
       page[p].entry[0] = 0;
       page[p].entry[1] = 0;
       p = 0
    :: else -> skip
    fi
  }
}

inline takeSnapshot() {
#ifdef TARGET_FIRST
  t = started + 1;
#endif
  d_step {
    forgetSnapshot();
    readTail();
#ifdef JOINS_SNAPSHOT
    if :: snapshotTarget != 0 -> snapshotPosition = tail :: else -> skip fi;
#endif
    if :: snapshotTarget != 0 || tail == reclaimed -> tail = 0 :: else -> snapshotPosition = tail fi
#ifdef BY_POINTER
    ; if :: tail != 0 -> snapshotPage = cursorPage; snapshotIndex = cursorIndex :: else -> skip fi
#endif
  };
  d_step {
    if
    :: tail != 0 ->
#ifdef TARGET_FIRST
       snapshotTarget = t
#else
       snapshotTarget = started + 1               /* O3: after the position */
#endif
    :: else -> skip
    fi;
    t = 0;
    tail = 0
  }
}

#define IS_STAMP_OVER (page[head].stamp != 0 && completed >= page[head].stamp)
#define BEGIN (reclaimed - page[head].base)

/* Expired: how many of the oldest page's entries have expired. Stamp and Completed are read here. */
inline peekCovered() {
  recycle();
  d_step {
    count = 0;
    if
    :: IS_STAMP_OVER -> count = ROOM - BEGIN
#ifdef BY_POINTER
    :: !IS_STAMP_OVER && snapshotPage != 0 && completed >= snapshotTarget ->
       count = (head == snapshotPage -> snapshotIndex : ROOM) - BEGIN
#else
    :: !IS_STAMP_OVER && snapshotTarget != 0 && completed >= snapshotTarget ->
       count = (snapshotPosition - page[head].base < ROOM -> snapshotPosition - page[head].base : ROOM) - BEGIN
#endif
    :: else -> skip
    fi
  };
#ifdef TAKEN
  taken = taken + count
#endif
}

/* Frees the entries that were peeked at, in two steps: another thread's look at the queue may fall in between. */
inline reclaim() {
  do
  :: count > 0 ->
     d_step {
       assert(reclaimed >= page[head].base && BEGIN < ROOM);   /* O10: still in the page that was peeked at */
       k = page[head].entry[BEGIN];
       assert(k == reclaimed + 1);               /* O7: each once, in its order */
       assert(!withdrawn[k]);
       assert(completed >= need[k]);           /* O3 */
       done[k] = true;
       need[k] = 0
     };
     d_step { reclaimed++; count--; k = 0 }
  :: else -> break
  od
}

proctype Reclaimer()
{
  byte t, tail, count, p, k;
end:
  do
  :: visible != reclaimed ->
     atomic { !lock -> lock = true };
     takeSnapshot();
     peekCovered();
#ifdef CODE
     lock = false;
     reclaim()
#else
     reclaim();
     recycle();
     lock = false
#endif
  :: isDrained && visible == reclaimed -> break  /* stopped, and nothing waits */
  od
}

proctype Barrier()
{
  byte tail, position, must;
  must = visible;
  atomic {
    !lock;
    readTail();
#ifdef SKIPS_PARTIAL
    if :: cursorIndex < ROOM -> tail = page[cursorPage].base :: else -> skip fi;
#endif
    position = tail;
    tail = 0
  };
#ifdef TAKEN
  (taken >= position);
#else
  (reclaimed >= position);
#endif
  do
  :: must > 0 -> assert(done[must]); must--    /* everything queued before has been reclaimed */
  :: else -> break
  od
}

/* Producer.TryWithdrawBlock; the owner leaves its loop, because the next append is refused at once. */
inline withdraw() {
#ifndef UNLOCKED
  atomic { !lock && visible == queued -> lock = true };
#else
  (visible == queued);
#endif
  readTail();
  if
  :: reclaimed >= tail -> skip
#if defined CODE && !defined NO_SNAPSHOT_LOOK
  :: reclaimed < tail && snapshotTarget != 0 && snapshotPosition >= tail -> skip
#endif
  :: else ->
     atomic {
#ifndef NO_CUT
       if :: snapshotTarget != 0 && snapshotPosition >= tail -> snapshotPosition = tail - 1 :: else -> skip fi;
#endif
       withdrawn[queued] = true;
       assert(!done[queued]);
       queued--;
       visible--;
       cursorIndex--
     }
  fi;
#ifndef UNLOCKED
  lock = false
#endif
}

proctype Owner()
{
  byte t, tail, count, p, k, mine = 1, index = 1, fresh;
  do
  :: queued == ITEMS || disposed -> break
  :: else ->
     if
     :: index == ROOM ->                       /* no room */
        if
        :: page[mine].stamp == 0 ->
#ifdef NO_FENCE
           t = started + 1;
#else
           atomic { visible == queued -> t = started + 1 };    /* StampFullPage: [G], then Started */
#endif
           atomic { page[mine].stamp = t; t = 0 }
        :: else -> skip
        fi;
#ifndef CODE
        if                                     /* Collect, unless another thread is collecting */
#ifdef NO_LOCK
        :: true ->
#else
        :: atomic { !lock && visible == queued -> lock = true };
#endif
           peekCovered();
           reclaim();
           recycle();
#ifndef NO_LOCK
           lock = false
#endif
        :: skip
        fi;
#endif
        atomic {                               /* Extend, to a new page or a recycled one */
          if
          :: page[1].isSpare -> fresh = 1
          :: !page[1].isSpare && page[2].isSpare -> fresh = 2
          :: !page[1].isSpare && !page[2].isSpare && page[3].isSpare -> fresh = 3
          fi;
          page[fresh].isSpare = false;
          page[fresh].base = page[mine].base + ROOM;
          index = 0
        };
#ifdef LINK_FIRST
        atomic { visible == queued -> page[mine].next = fresh };
        atomic { cursorPage = fresh; cursorIndex = 0 };
#else
        atomic { visible == queued -> cursorPage = fresh; cursorIndex = 0 };    /* [J] */
        page[mine].next = fresh;                                                /* [K] */
#endif
        atomic { mine = fresh; fresh = 0 }
     :: else -> skip
     fi;
#ifdef STAMPED_EARLY
     if :: index == ROOM - 1 -> atomic { visible == queued -> page[mine].stamp = started + 1 } :: else -> skip fi;
#endif
     atomic { page[mine].entry[index] = queued + 1; index++; queued++ };           /* [D] */
#if defined DISPOSE && !defined NO_WITHDRAWAL
     if
     :: disposed -> withdraw(); break
     :: else -> skip
     fi
#endif
  od;
  isOwnerDone = true
}

proctype Disposer()
{
  byte t, tail, count, p, k;
  disposed = true;
  (visible == queued);                         /* [F]: the process-wide barrier */
  do
  :: atomic { !lock -> lock = true };
     readTail();
     if
     :: tail == reclaimed -> lock = false; break
     :: else ->
#ifdef CODE
        lock = false;
        (visible == reclaimed)
#else
        takeSnapshot();
        peekCovered();
        reclaim();
        recycle();
        lock = false
#endif
     fi
  od;
  isDrained = true
}

init {
  atomic {
    /* The first item has been reclaimed, so that few more are needed to see its page again. */
    head = 1;
    page[1].entry[0] = 1;
    cursorPage = 1;
    cursorIndex = 1;
    queued = 1;
    visible = 1;
    reclaimed = 1;
    taken = 1;
    done[1] = true;
    page[2].isSpare = true;
    page[3].isSpare = true;
    run Owner();
    run Reclaimer();
#ifdef DISPOSE
    run Disposer()
#else
    run Barrier()
#endif
  };
  (timeout);
  assert(isOwnerDone && visible == queued && reclaimed == queued);   /* nothing is left */
#ifdef DISPOSE
  assert(isDrained)
#endif
}
