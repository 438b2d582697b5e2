/* Grace periods against readers: O1, O2, O3, O4.
 *
 * Models  GracePeriods/GracePeriodEngine.cs  NextTarget, TryAdvance, Start, Arm, TryScan, Complete
 *         GracePeriods/SlotScan.cs           Begin, Scan
 *         Readers/Section.cs                 Announce, EnterBeyondFast (nesting)
 *         ReadGuard.cs                       Dispose (the exit)
 *         Readers/ReaderHandles.cs           GoOnline, QuiescentStateBeyondFast, GoOffline
 *         Readers/ReaderSlot.cs              SectionWord.HasReached
 *
 * Two updaters replace the published block, take a target, drive grace periods until it has completed, and free the
 * block that they unlinked. Two readers open sections, load the pointer and use the block. No thread may use a freed
 * block.
 *
 * Memory: readers and updaters have store buffers, which drain by themselves at any time (x86-TSO). Arm performs loads
 * and stores of one thread out of order unless a release or an acquire says otherwise. So on Arm a reader may load
 * Started for its next announcement before the section it is in has ended (the acquire orders later accesses only);
 * the twins show what the other acquires and releases forbid. The process-wide barrier drains the readers' buffers one
 * after the other, each at some moment during the call. It does not drain the updaters': the argument does not need
 * that.
 *
 * What is one step here: the accesses that the try-lock protects, with the shared access beside them; a section's last
 * use of its block with the exit's store into the thread's own buffer, because no other thread sees that store before
 * it drains, which may be arbitrarily late. A
 * load of Started and the store of its result are two.
 *
 * Variants: ARM      Started may be loaded early, as above
 *           THROWS   the process-wide barrier may throw, once: the next driver has to issue it again
 *           NESTED   sections have an inner section
 *           FULL     ReadSideBarrier.Full: readers fence, grace periods issue no process-wide barrier
 *           ONLINE   quiescent-state mode: online, quiescent states, offline
 * Twins:    NO_BARRIER      O1  no process-wide barrier [B]
 *           NO_READER_FENCE O1  FULL: no fence after the announcement [A]
 *           NO_ACQUIRE      O1  Started is loaded without acquire: the pointer's load comes first
 *           EARLY_SCAN      O1  the scan reads the first reader before Started is raised
 *           NO_REARM        O1  THROWS: a barrier that threw is not issued again
 *           KEPT_CURSOR     O1  the cursor is not reset
 *           NO_LOCK         O1  two threads drive a grace period at once
 *           NO_WAIT         O1  grace periods end without a scan
 *           EARLY_EXIT      O2  the exit is visible before the section's last use of its block
 *           EARLY_STATE     O2  ONLINE: the same for a quiescent state
 *           INNER_EXIT      O2  NESTED: the inner exit ends the outer section
 *           NO_FENCE        O3  no fence [G] between the unlink and the load of Started
 *           STALE_TARGET    O3  Started was loaded before the unlink
 *           LOW_TARGET      O3  the target is the grace period in progress
 *           UNSIGNED        O4  sequences are compared unsigned
 *           ONE_BIT         O4  sections carry one bit of the sequence (a phase), with one scan per grace period
 */
#define READERS 2
#define UPDATERS 2
#ifdef NESTED
#define SECTIONS 1
#else
#define SECTIONS 2
#endif
#define MOD 8                                  /* sequences wrap: the third is 0 */
#define FIRST (MOD - 2)

#define NEXT(s) ((s + 1) % MOD)
#ifdef UNSIGNED
#define REACHED(a, b) (a >= b)
#else
#define REACHED(a, b) ((a + MOD - b) % MOD < MOD / 2)
#endif
#ifdef ONE_BIT
#define IS_NEW(word) ((word / 4) % 2 == started % 2)
#else
#define IS_NEW(word) REACHED(word / 4, started)
#endif

byte started = FIRST, completed = FIRST;
bool locked = false;                           /* the engine's try-lock, and what it protects */
bool isArmed = false;
byte cursor = 0;
bool hasThrown = false;                        /* the process-wide barrier throws at most once */

byte word[READERS];                            /* a slot as the scan sees it: sequence * 4 + nesting */
chan slotStores[READERS] = [3] of { byte };    /* the slots' stores that only their owners see */

byte pointer = 0;                              /* the published block, as others see it */
chan pointerStores[UPDATERS] = [1] of { byte };
byte spare = 1;                                /* the next block to publish */
bool updating = false;                         /* the update-side lock */
bool freed[UPDATERS + 1];

#ifdef ONLINE
#define ONLINE_MODE true
#else
#define ONLINE_MODE false
#endif

inline drain(r) { do :: slotStores[r]?[_] -> slotStores[r]?word[r] :: else -> break od }

active proctype Memory()
{
end:
  do
  :: slotStores[0]?word[0]
  :: slotStores[1]?word[1]
  :: pointerStores[0]?pointer
  :: pointerStores[1]?pointer
  od
}

/* [A]: an acquire load of Started, or the early result, and a release store of the slot. Two steps: a barrier may fall
 * between them, and then an old sequence is announced after it. */
inline announce() {
  atomic { if :: isEarly -> s = next :: else -> s = started fi; isEarly = false; next = 0 };
  slotStores[me]!(s * 4 + 1)
}

/* The exit of a section, or the quiescent state between two; offline after the last. */
inline endSection() {
#ifdef ONLINE
  if :: i < SECTIONS -> announce() :: else -> slotStores[me]!(s * 4) fi
#else
  atomic { slotStores[me]!(s * 4); s = 0 }
#endif
}

/* Started may be loaded for the next announcement while the section is open; its word keeps the old sequence until
 * then. */
inline mayLoadStartedEarly() {
#ifdef ARM
  if :: atomic { i < SECTIONS -> next = started; isEarly = true } :: skip fi
#else
  skip
#endif
}

proctype Reader(byte me)
{
  byte s, next, b, ahead, i;
  bool isEarly = false;

  for (i : 1 .. SECTIONS) {
#ifdef ONLINE
    if :: i == 1 -> announce() :: else -> skip fi;   /* GoOnline; later sections begin at a quiescent state */
#else
#ifdef NO_ACQUIRE
    ahead = pointer;
#endif
    announce();
#endif
#if defined FULL && !defined NO_READER_FENCE
    (i > 1 && ONLINE_MODE || empty(slotStores[me]));  /* [A] under Full; a quiescent state needs no fence */
#endif
#ifdef NO_ACQUIRE
    atomic { if :: b = ahead :: b = pointer fi; ahead = 0 };
#else
    b = pointer;
#endif
#ifdef NESTED
    slotStores[me]!(s * 4 + 2);
#ifdef INNER_EXIT
    slotStores[me]!(s * 4);
#else
    slotStores[me]!(s * 4 + 1);
#endif
#endif
    mayLoadStartedEarly();
#if defined EARLY_EXIT || defined EARLY_STATE
    endSection();
    atomic { assert(!freed[b]); b = 0 }
#else
#ifdef ONLINE
    atomic { assert(!freed[b]); b = 0 };
    endSection()
#else
    atomic { assert(!freed[b]); b = 0; endSection() }
#endif
#endif
  }
}

proctype Updater(byte me)
{
  byte old, target;
  bool passed;

  /* Unlink, under the update-side lock; the store may linger. */
  atomic {
    !updating && (me == 0 || spare > 1) -> updating = true;   /* the two are alike, so the first one is named */
#ifdef STALE_TARGET
    target = NEXT(started)
  };
  atomic {
#endif
    old = pointer;
    pointerStores[me]!spare;
    spare++
  };
#ifdef STALE_TARGET
  atomic { empty(pointerStores[me]) -> updating = false };
#else
  /* NextTarget: a fence [G], then the load. */
  atomic {
#ifndef NO_FENCE
    empty(pointerStores[me]);
#endif
#ifdef LOW_TARGET
    target = (started == completed -> NEXT(started) : started)
#else
    target = NEXT(started)
#endif
  };
  atomic { empty(pointerStores[me]) -> updating = false };
#endif

  do
  :: REACHED(completed, target) -> break
  :: else ->
#ifndef NO_LOCK
     atomic { !locked -> locked = true };
#endif
     do
     :: REACHED(completed, target) -> break
     :: else ->
        /* Start: an exchange. */
        if
        :: started == completed ->
#ifdef EARLY_SCAN
           passed = (word[0] % 4 == 0);
#endif
#ifdef NO_REARM
           started = NEXT(started)
#else
           atomic { isArmed = false; started = NEXT(started) }
#endif
        :: else -> skip
        fi;
        /* Arm: the process-wide barrier [B], which may throw. */
        if
        :: !isArmed ->
#ifdef THROWS
           if
           :: atomic { !hasThrown -> hasThrown = true };
#ifdef NO_REARM
              isArmed = true;
              cursor = 0;
#endif
              break
           :: skip
           fi;
#endif
#if !defined NO_BARRIER && !defined FULL
           atomic { drain(0) };
           atomic { drain(1) };
#endif
#ifdef KEPT_CURSOR
           isArmed = true
#elif defined EARLY_SCAN
           atomic { isArmed = true; cursor = (passed -> 1 : 0) }
#else
           atomic { isArmed = true; cursor = 0 }
#endif
        :: else -> skip
        fi;
        /* Scan. */
        passed = true;
#ifndef NO_WAIT
        do
        :: atomic { cursor < READERS && passed ->
             if
             :: word[cursor] % 4 == 0 || IS_NEW(word[cursor]) -> cursor++
             :: else -> passed = false
             fi }
        :: else -> break
        od;
#endif
        if
        :: passed -> completed = started
        :: else -> break
        fi
     od;
     passed = false;
#ifndef NO_LOCK
     locked = false
#else
     skip
#endif
  od;
  atomic { freed[old] = true; old = 0; target = 0 }
}

init { atomic { run Reader(0); run Reader(1); run Updater(0); run Updater(1) } }
