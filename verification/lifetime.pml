/* When a resource is released whose readers do not count themselves: L1 to L4.
 *
 * Models  Resources/Lifetime.cs   Use, Close, RunExpired, Hold, Unhold
 *
 * Readers open sections, some before the resource is closed and some after, and use it in them; one pins it beyond its
 * section. One thread closes it.
 * A grace period is what engine.pml and srcu.pml verify, in one piece: it records the sections that are open when it
 * starts, and ends when those have ended; all sections that begin later see what was stored before it started. The
 * reclaimer runs the head's callback after it.
 *
 * Variants: PUBLISHED   readers find the resource through a pointer, which is unlinked before it is closed, and nothing
 *                       is made Used
 * Twins:    NO_WAIT     L1   released without a grace period
 *           NO_MARK     L1   a use that finds Closing leaves it so, though nothing was unlinked before
 *           ONE_PERIOD  L1   a resource used since the close is released after the first grace period
 *           LATE_SHUT   L1   Used becomes Shut after the second grace period, not before it
 *           NOT_ATOMIC  L1   the reclaimer looks at the state, and stores Released in a second step
 *           STRICT      L2   a use that finds Closing throws
 *           NO_HOLD     L4   the end of the grace periods releases, even if the resource is pinned
 *           TWICE       L4   a hold is taken and given back in two steps each
 */
#define READERS 2
#define SECTIONS 2

mtype = { Open, Closing, Used, Shut, Released };

mtype state = Open;
bool linked = true, closed = false;
bool inSection[READERS];
byte number[READERS], need[READERS];
byte holds = 1, releases = 0;
bool queued = false;

inline gracePeriod() {
#ifndef NO_WAIT
  d_step {
    need[0] = (inSection[0] -> number[0] : 0);
    need[1] = (inSection[1] -> number[1] : 0)
  };
  (need[0] == 0 || !inSection[0] || number[0] != need[0]);
  (need[1] == 0 || !inSection[1] || number[1] != need[1])
#else
  skip
#endif
}

inline unhold() {
#ifdef TWICE
  left = holds - 1;
  holds = left;
  if :: left == 0 -> releases++ :: else -> skip fi
#else
  atomic { holds--; if :: holds == 0 -> releases++ :: else -> skip fi }
#endif
}

active proctype Closer()
{
  linked = false;
  atomic { assert(state == Open); state = Closing; closed = true };
  queued = true
}

active proctype Reclaimer()
{
  byte left;
  bool isUsed;
  (queued);
  gracePeriod();
#ifdef NOT_ATOMIC
  isUsed = (state == Used);
  if :: !isUsed -> state = Released :: else -> skip fi;
#else
  atomic { if :: state == Closing -> state = Released :: else -> isUsed = true fi };
#endif
#ifdef ONE_PERIOD
  isUsed = false;
#endif
  if
  :: isUsed ->
#ifdef LATE_SHUT
     gracePeriod();
     state = Shut;
#else
     state = Shut;
     gracePeriod();
#endif
  :: else -> skip
  fi;
  state = Released;
#ifdef NO_HOLD
  releases++
#else
  unhold()
#endif
}

/* One use. Only the model knows whether the section began before Close. */
inline use() {
  isAllowed = false;
  atomic {
    if
    :: state == Open -> isAllowed = true
#if defined STRICT
#elif defined NO_MARK || defined PUBLISHED
    :: state == Closing || state == Used -> isAllowed = true
#else
    :: state == Closing || state == Used -> state = Used; isAllowed = true
#endif
    :: else -> skip
    fi
  };
  if
  :: isAllowed -> assert(releases == 0)
  :: else -> assert(!isEarly)                    /* L2 */
  fi
}

proctype Reader(byte me)
{
  bool isAllowed, isEarly, isPinned, isFound;
  byte left;
  byte round = 0;
  do
  :: round < SECTIONS ->
     round++;
     atomic { inSection[me] = true; number[me] = round; isEarly = !closed };
#ifdef PUBLISHED
     isFound = linked;
#else
     isFound = true;
#endif
     if
     :: isFound ->
        use();
        if
        :: isAllowed && !isPinned && me == 0 ->   /* Hold: not from none */
#ifdef TWICE
           left = holds + 1;
           holds = left;
#else
           atomic { assert(releases == 0); assert(holds != 0); holds++ };
#endif
           isPinned = true
        :: else -> skip
        fi;
        if
        :: isAllowed -> assert(releases == 0)     /* to the section's end: L1 */
        :: else -> skip
        fi
     :: else -> skip
     fi;
     inSection[me] = false
  :: else -> break
  od;
  if
  :: isPinned ->
     assert(releases == 0);                       /* beyond it: L4 */
     unhold()
  :: else -> skip
  fi
}

init {
  atomic { run Reader(0); run Reader(1) };
  (timeout);
  assert(state == Released);                      /* L3 */
  assert(releases == 1)                           /* L4 */
}
