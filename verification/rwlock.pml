/* A reader-writer lock whose readers are sections of a domain: L7, L8, L9.
 *
 * Models  RcuReaderWriterLock.cs             Read
 *         Locks/ReaderWriterCore.cs          TryRead, TryGoIn, MayStay, TryWrite, WaitForReaders, EndWrite
 *         Locks/LockQueue.cs                 TryJoinReaders, TryTakeTurn, TryAnnounce, SetTarget, TryEndTurn, Leave
 *         GracePeriods/GracePeriodEngine.cs  WaitsFor, NextTarget, TryAdvance
 *
 * Two readers and two writers use one lock. Nobody is inside beside a writer, and all are done in the end.
 *
 * Memory: readers' slots and the lock's word have store buffers, which drain by themselves at any time. The
 * process-wide barrier drains the readers' buffers one after the other. The queue's gate is let go by a store behind
 * that of the word, so whoever takes it finds the word drained.
 *
 * What is one step here: what the gate or the engine's lock protects, where no thread reads it without them. Readers
 * do not spin before they take a place in the queue. The word is cleared, and its target stored, at once: to be seen
 * later is as if the writer came there later.
 *
 * Variants: DRIVEN          one reader, one writer, and a thread that drives a grace period of the domain
 *           FULL            ReadSideBarrier.Full: readers fence, grace periods issue no process-wide barrier
 *           NESTED          a reader reads again inside its read
 *           SHARED          a reader reads inside a section of another lock of the domain
 *           GIVES_UP        a writer may give up, at any time before it is alone
 *           REVOKES         a reader that was let in may lose its place before it comes
 * Twins:    NO_BARRIER      L7  no process-wide barrier [B]
 *           NO_READER_FENCE L7  FULL: no fence after the announcement [A]
 *           LOAD_FIRST      L7  a reader loads the word [N] before it announces itself
 *           NO_FENCE        L7  DRIVEN: no fence [G] between the word's store [O] and the load of Started
 *           TARGET_FIRST    L7  DRIVEN: the target is taken before the word is set
 *           NO_WAIT         L7  a writer waits for no grace period
 *           NO_TURN         L7  writers do not exclude each other
 *           OLD_SEQUENCE    L7  SHARED: a section older than the target passes for one that is waited for
 *           ALWAYS_STAYS    L7  SHARED: a reader inside another section of the domain never waits
 *           NO_SECOND_LOOK  L7  REVOKES: a reader that was woken goes in without a look at the word
 *           EARLY_JOIN      L8  SHARED: a reader joins the queue though the word has changed since its look
 *           NEVER_STAYS     L8  NESTED: a reader inside a read waits for the writer that waits for it
 *           NO_LET_IN       L8  the next writer does not wait for the readers that the last one kept out
 *           NOT_ATOMIC      L8  a reader looks at the word, and takes its place in a second step
 *           KEEPS_WORD      L9  GIVES_UP: a writer that gives up leaves the word set
 */
#define READERS 2
#define NONE 255
#ifdef FULL
#define ASYMMETRIC false
#else
#define ASYMMETRIC true
#endif

byte started = 0, completed = 0;
bool locked = false, isArmed = false;          /* the engine's lock, and what it protects */
byte cursor = 0;

byte slot[READERS];                            /* as the scan sees it: sequence * 4 + nesting */
chan slotStores[READERS] = [3] of { byte };
byte word = 0;                                 /* 0: nobody is in the way; 1: a writer; 2 + its target */
bool lingers = false;                          /* the word is set in its writer's store buffer only */

byte holder = NONE;                            /* the queue, under its gate */
bool waits[READERS], isLetIn[READERS], isWoken[READERS];

bool reads[READERS];                           /* only the model knows who is inside */
byte writing = 0, finished = 0;

#define GATE !lingers

inline drain(r) { do :: slotStores[r]?[_] -> slotStores[r]?slot[r] :: else -> break od }

active proctype Memory()
{
end:
  do
  :: slotStores[0]?slot[0]
  :: slotStores[1]?slot[1]
  :: atomic { lingers -> lingers = false; word = 1 }
  od
}

/* TryAdvance, until a reader is in the way or the target has completed. */
inline advance(target) {
  atomic { !locked -> locked = true };
  do
  :: completed >= target -> break
  :: else ->
     atomic { if :: started == completed -> isArmed = false; started++ :: else -> skip fi };
     if
     :: !isArmed ->
#ifndef NO_BARRIER
        if
        :: ASYMMETRIC -> atomic { drain(0) }; atomic { drain(1) }
        :: else -> skip
        fi;
#endif
        atomic { cursor = 0; isArmed = true }
     :: else -> skip
     fi;
     passed = true;
     do
     :: atomic { cursor < READERS && passed ->
          if
          :: slot[cursor] % 4 == 0 || slot[cursor] / 4 >= started -> cursor++
          :: else -> passed = false
          fi }
     :: else -> break
     od;
     if :: passed -> completed = started :: else -> break fi
  od;
  atomic { passed = false; locked = false }
}

/* [A], then [N]; found is what the reader finds. Beside no writer it is inside from here on. */
inline look() {
#ifdef LOAD_FIRST
  found = word;
  s = started;
  slotStores[me]!(s * 4 + 1);
  atomic { if :: found == 0 -> assert(writing == 0); reads[me] = true :: else -> skip fi }
#else
#ifndef SHARED
  s = started;
  slotStores[me]!(s * 4 + 1);
#endif
#if defined FULL && !defined NO_READER_FENCE
  (empty(slotStores[me]));
#endif
  atomic {
    found = word;
    if :: found == 0 -> assert(writing == 0); reads[me] = true :: else -> skip fi
  }
#endif
}

/* MayStay, of a reader inside a section. */
inline mayStay(isStaying) {
#if defined ALWAYS_STAYS
  isStaying = true
#elif defined NEVER_STAYS
  isStaying = false
#elif defined OLD_SEQUENCE
  isStaying = (found >= 2 && s < found - 2)
#else
  if
  :: found < 2 -> isStaying = false
  :: else ->
     atomic {
       !locked && empty(slotStores[me]) ->      /* WaitsFor: takes the engine's lock */
       isStaying = (completed < found - 2 && s < found - 2
         && (started < found - 2 || !isArmed || cursor <= me))
     }
  fi
#endif
}

/* TryJoinReaders, for the word that the reader has found, and the sleep. */
inline waitInQueue() {
#if defined NOT_ATOMIC
  atomic { GATE -> hasJoined = (found >= 2 && word == found) };
  if :: hasJoined -> atomic { GATE -> waits[me] = !isLetIn[me] } :: else -> skip fi;
#elif defined EARLY_JOIN
  atomic { GATE -> hasJoined = (word != 0); waits[me] = hasJoined };
#else
  atomic { GATE -> hasJoined = (found >= 2 && word == found); waits[me] = hasJoined };
#endif
  found = 0;
  if
  :: hasJoined ->
     met++;
#ifndef REVOKES
     assert(met <= 1);                          /* L8: it waits for one writer */
#endif
     atomic { isWoken[me] -> isWoken[me] = false; hasJoined = false }
  :: else -> skip
  fi
}

proctype Reader(byte me)
{
  byte s, found, met = 0;
  bool stays, hasJoined;
#ifdef SHARED
  s = started;
  slotStores[me]!(s * 4 + 1);
#endif
  do
  :: look();
     if
     :: found == 0 -> break
     :: else ->
#ifdef SHARED
        mayStay(stays);
        if
        :: stays -> atomic { assert(writing == 0); reads[me] = true }; break
        :: else -> skip
        fi;
#else
        atomic { slotStores[me]!(s * 4); s = 0 };
#endif
        waitInQueue();
#ifdef NO_SECOND_LOOK
        if
        :: met > 0 ->
           s = started;
           slotStores[me]!(s * 4 + 1);
           atomic { assert(writing == 0); reads[me] = true };
           break
        :: else -> skip
        fi
#endif
     fi
  od;
  atomic { GATE -> waits[me] = false; isLetIn[me] = false };      /* Leave */
#ifdef NESTED
  found = word;
  if
  :: found == 0 -> skip
  :: else ->
     do
     :: atomic { found = word; if :: found == 0 -> stays = true :: else -> skip fi };
        if :: !stays -> mayStay(stays) :: else -> skip fi;
        if
        :: stays -> break
        :: else -> waitInQueue()
        fi
     od
  fi;
#endif
  atomic { reads[me] = false; slotStores[me]!(s * 4); s = 0; found = 0; met = 0; stays = false; finished++ }
}

/* TryEndTurn. */
inline endTurn() {
  atomic {
    GATE ->
    if
    :: hasSet ->
       word = 0;
#ifdef NO_LET_IN
       wakes[0] = waits[0]; wakes[1] = waits[1];
       waits[0] = false; waits[1] = false;
#else
       if :: waits[0] -> waits[0] = false; isLetIn[0] = true; wakes[0] = true :: else -> skip fi;
       if :: waits[1] -> waits[1] = false; isLetIn[1] = true; wakes[1] = true :: else -> skip fi;
#endif
    :: else -> skip
    fi;
    holder = NONE
  };
  atomic {
    isWoken[0] = isWoken[0] || wakes[0];
    isWoken[1] = isWoken[1] || wakes[1];
    wakes[0] = false;
    wakes[1] = false
  }
}

proctype Writer(byte me)
{
  byte target;
  bool passed, hasSet, isAlone, wakes[READERS];
#ifdef NO_TURN
  atomic { GATE -> holder = me };
#else
  atomic { GATE && holder == NONE -> holder = me };               /* TryTakeTurn */
#endif
#ifdef TARGET_FIRST
  target = started + 1;
#endif
  do                                                              /* TryAnnounce */
  :: atomic { GATE && !isLetIn[0] && !isLetIn[1] -> lingers = true; hasSet = true; break }
#ifdef REVOKES
  :: atomic { GATE && isLetIn[0] -> isLetIn[0] = false; waits[0] = true }
  :: atomic { GATE && isLetIn[1] -> isLetIn[1] = false; waits[1] = true }
#endif
#ifdef GIVES_UP
  :: goto out
#endif
  od;
#ifndef TARGET_FIRST
#ifndef NO_FENCE
  (!lingers);                                                     /* [G] */
#endif
  target = started + 1;
#endif
  atomic { GATE -> word = 2 + target };                           /* SetTarget */
#ifdef NO_WAIT
  isAlone = true;
#else
  do
  :: completed >= target -> isAlone = true; break
  :: else ->
     advance(target);
     if :: completed < target -> (completed >= target || cursor < READERS && slot[cursor] % 4 == 0
             || cursor < READERS && slot[cursor] / 4 >= started || started == completed || !isArmed)
     :: else -> skip
     fi
#ifdef GIVES_UP
  :: break
#endif
  od;
#endif
  if
  :: isAlone ->
     atomic { assert(writing == 0 && !reads[0] && !reads[1]); writing++ };        /* L7 */
     writing--
  :: else -> skip
  fi;
out:
#ifdef KEEPS_WORD
  hasSet = hasSet && isAlone;
#endif
  endTurn();
  atomic { target = 0; hasSet = false; isAlone = false; finished++ }
}

/* Somebody else's grace period. */
proctype Driver()
{
  bool passed;
  byte target = started + 1;
  advance(target);
  atomic { target = 0; finished++ }
}

init {
  atomic {
    run Reader(0); run Writer(0);
#ifdef DRIVEN
    run Driver()
#else
    run Reader(1); run Writer(1)
#endif
  };
  (timeout);                                    /* no process can move any more */
#ifdef DRIVEN
  assert(finished == 3)
#else
  assert(finished == 4)                         /* L8, L9 */
#endif
}
