/* Sleepable sections, counted in stripes and two sets (O1, O2), released once by their tickets.
 *
 * Models  Sleepable/StripeScan.cs            Begin, Scan, IsEmpty
 *         Sleepable/Stripes.cs               Index, Flip, Sum
 *         Sleepable/SleepableSection.cs      Enter, Release
 *         GracePeriods/GracePeriodEngine.cs  Start (its fence), Complete (its fence), NextTarget (its fence)
 *
 * Two readers open sections, two each, in a stripe of their own; each may be held up for any time between reading Index
 * and counting, and while inside. Whether the thread that ends a section began it makes no difference to any step here.
 * An updater publishes a new block, drives a grace period, frees the old one, twice. No thread may use a freed block.
 *
 * Each load of a counter is a step; an interlocked operation is one step, with the thread's store buffer drained. The
 * updater's stores are buffered and drain by themselves at any time; so do the readers' in the twin that counts with
 * plain stores. Grace periods of several updaters are verified in engine.pml: here one updater drives them, one after
 * the other.
 *
 * Variants: MISUSE             another thread releases one reader's locks too, at any time after their last use
 * Twins:    LOCKS_FIRST    O1  Locks are summed before Unlocks (or [Q] is missing, and they may be)
 *           ONE_SCAN       O1  a flip and one scan of the set that was in use
 *           NO_FLIP        O1  two scans of the set not in use
 *           STRIPE_TWICE   O1  a stripe is read twice, in place of the other
 *           PLAIN          O1  sections are counted with plain stores, without [P]
 *           EARLY_SCAN     O1  the scan comes before the unlink is visible: Start does not fence
 *           LATE_COUNT     O1  a section is counted after its first load
 *           EARLY_UNLOCK   O2  the end is counted before the last load
 *           WRONG_SET      O1  the end is counted in the set in use then, not in the section's own
 *           MISUSE NO_EXCHANGE  the ticket's number is read, then stored: two releases may both count
 *           MISUSE READ_LATE    the place to count is read after the exchange, when its owner may have reused the
 *           ticket
 */
#define READERS 2
#define STRIPES 2
#define BLOCKS 3

#ifdef STRIPE_TWICE
#define STRIPE(s) 0
#else
#define STRIPE(s) s
#endif

byte index = 0;
byte locks[4], unlocks[4];                     /* stripe * 2 + set */
byte ticket[READERS], number[READERS];         /* the readers' tickets: where it counts; odd while it is open */
#ifdef MISUSE
byte shared = 0;                               /* the number of a lock that another thread has a copy of */
#endif
byte pointer = 0;
bool freed[BLOCKS];
chan unlink = [1] of { byte };                 /* the updater's store buffer */
#ifdef PLAIN
chan counts[READERS] = [2] of { byte, byte };  /* the readers': a counter, its value */
#endif

active proctype Memory()
{
  byte place, value;
endDrained:
  do
  :: atomic { unlink?pointer }
#ifdef PLAIN
  :: atomic { counts[0]?place, value -> locks[place] = value; place = 0; value = 0 }
  :: atomic { counts[1]?place, value -> locks[place] = value; place = 0; value = 0 }
#endif
  od
}

inline count() {
#ifdef PLAIN
  counts[me]!where, locks[where] + 1
#else
  locks[where]++                               /* [P] */
#endif
}

/* Counts the end of the section that was entered at `where`. */
inline uncount() {
#ifdef WRONG_SET
  atomic { unlocks[me * 2 + index]++ }
#else
#ifdef PLAIN
  atomic { empty(counts[me]) -> unlocks[where]++ }
#else
  unlocks[where]++
#endif
#endif
}

/* Releases the lock that has the number `mine` of reader `whose`. */
inline release(whose) {
#ifndef READ_LATE
  where = ticket[whose];
#endif
#ifdef NO_EXCHANGE
  if
  :: number[whose] == mine ->
     number[whose] = mine + 1;
     won = true
  :: else -> skip
  fi;
#else
  atomic { if :: number[whose] == mine -> number[whose] = mine + 1; won = true :: else -> skip fi };
#endif
#ifdef READ_LATE
  where = ticket[whose];
#endif
  if :: won -> uncount() :: else -> skip fi;
  atomic { won = false; where = 0; mine = 0 }
}

active [READERS] proctype Reader()
{
  byte where, mine, b, section;
  bool won;
  byte me = _pid - 1;
  for (section : 0 .. 1) {
    where = me * 2 + index;
    atomic { ticket[me] = where; number[me]++; mine = number[me] };
#ifdef LATE_COUNT
    b = pointer;
    count();
#else
    count();
    b = pointer;
#endif
#ifdef EARLY_UNLOCK
    release(me);
    atomic { assert(!freed[b]); b = 0 }
#else
    atomic { assert(!freed[b]); b = 0 };
#ifdef MISUSE
    if :: me == 0 -> shared = mine :: else -> skip fi;
#endif
    release(me)
#endif
  }
}

#ifdef MISUSE
/* Has copies of the first reader's locks, and releases them too, after the last use in their sections. */
active proctype Copier()
{
  byte where, mine;
  bool won;
  byte me = 0;
  do
  :: atomic { shared != 0 -> mine = shared; shared = 0 };
     release(0)
  :: break
  od
}
#endif

/* Whether the set not in use is empty. */
inline isEmpty() {
  atomic { set = 1 - index; before = 0; after = 0; s = 0 };
#ifdef LOCKS_FIRST
  do :: s < STRIPES -> atomic { after = after + locks[STRIPE(s) * 2 + set]; s++ } :: else -> break od;
  s = 0;
  do :: s < STRIPES -> atomic { before = before + unlocks[STRIPE(s) * 2 + set]; s++ } :: else -> break od;
#else
  do :: s < STRIPES -> atomic { before = before + unlocks[STRIPE(s) * 2 + set]; s++ } :: else -> break od;
  s = 0;                                       /* [Q] */
  do :: s < STRIPES -> atomic { after = after + locks[STRIPE(s) * 2 + set]; s++ } :: else -> break od;
#endif
  atomic { set = 0; s = 0; isDone = (before == after); before = 0; after = 0 }
}

inline awaitEmpty() {
  do
  :: isEmpty();
     if :: isDone -> isDone = false; break :: else -> skip fi
  od
}

active proctype Updater()
{
  byte b, set, before, after, s;
  bool isDone;
  for (b : 1 .. BLOCKS - 1) {
    unlink!b;
#ifndef EARLY_SCAN
    empty(unlink);                             /* the fences of NextTarget and Start */
#endif
#ifndef ONE_SCAN
    awaitEmpty();
#endif
#ifndef NO_FLIP
    index = 1 - index;                         /* between [R] and [S] */
#endif
    awaitEmpty();
    empty(unlink);
    freed[b - 1] = true
  }
}
