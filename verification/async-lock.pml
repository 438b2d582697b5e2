/* An asynchronous reader-writer lock: waits without threads, which whoever has news for them drives: L7 to L10.
 *
 * Models  Locks/AsyncLockWait.cs   TryDrive, Step, Cancel, AwaitReclaimer
 *         Locks/AsyncReadWait.cs   Advance
 *         Locks/AsyncWriteWait.cs  Advance, TryGoOn, MayGoOn
 *         Locks/LockQueue.cs       TryJoinReaders, TryTakeTurn, TryAnnounce, TryEndTurn, PassOn, Leave
 *
 * Readers (0, 1) and writers (2, 3) use one lock, once each. A wait is driven by the thread that begins it, by one that
 * leaves, by a pool thread, by the reclaimer, or by a cancellation.
 *
 * Memory: sequentially consistent. Waits and queue go by interlocked operations and the gate; rwlock.pml has the reads
 * beside a writer with store buffers, srcu.pml the sections.
 *
 * What is one step here: what the queue's gate protects. The grace period of a writer waits for the sections that were
 * open when it set the word.
 *
 * Not here: want of memory (a wait that the pool refuses and the reclaimer keeps: AsyncLockRefusalTests), disposal
 * (systematic AsyncLockTests), readers that are let in and overdue (LockQueueTests), TryRead and TryWrite, and a waiter
 * that two threads are about to wake, which one of them does.
 *
 * Variants: CANCELS       a wait is cancelled, at any time; one reader
 *           BOTH          CANCELS: two readers
 *           TWICE         a writer leaves twice
 * Twins:    NO_SECOND     L10 CANCELS: who drives leaves without a look whether somebody has called meanwhile
 *           NO_DRIVER     L10 CANCELS: two drive a wait at once
 *           EARLY_CALL    L10 CANCELS: a cancellation calls, and then says why
 *           KEEPS_PLACE   L9  CANCELS: a cancelled reader stays in the queue
 *           KEEPS_TURN    L9  CANCELS: a writer that is cancelled while it waits for readers keeps the turn
 *           TWO_GATES     L9  CANCELS: a cancelled writer looks whether it has the turn, and then leaves the line
 *           KEEPS_SECTION L9  a reader that has met a writer keeps its section
 *           NO_LOOK       L8  nobody looks for a writer whether its readers have left
 *           BLIND         L8  a reader takes its place without a look whether the writer is still there
 *           NO_TURN       L7  a writer goes on although another one has the turn
 *           NO_HOLDER     L8  TWICE: who leaves ends the turn, whoever has it: that one can never end it again
 *           NO_WAIT       L7  a writer does not wait for readers
 */
#define READERS 2
#define WAITS 4
#define NONE 255

mtype = { InLine, HasTurn, WaitsForReaders };   /* progress of a writer */

bool word = false;                              /* the queue, under its gate */
byte holder = NONE;
bool waits[READERS], isLetIn[READERS];
byte line[2] = NONE;                            /* writers, the first one first */

bool section[READERS];                          /* open */
bool isOld[READERS];                            /* open since before the word was set */

byte calls[WAITS];                              /* 0: nobody drives; 1: driven; 2: somebody has called since */
bool isCancelled[WAITS], isOver[WAITS], isInside[WAITS];
mtype progress[WAITS] = InLine;
bool isQueued[WAITS];                           /* on the pool */
bool isLooked[WAITS];                           /* by the reclaimer */

/* Those inside stay until the wait that was cancelled is over: it needs nobody to leave. */
byte cancelled = NONE;
#define NOBODY_ELSE (cancelled == NONE || isOver[cancelled])

byte writing = 0, finished = 0;                 /* only the model knows who is inside */
bool reads[READERS];

inline closeSection(r) { section[r] = false; isOld[r] = false }

/* Steps that end a wait, or leave it as it is. */
inline stepReader(r) {
  if
  :: isCancelled[r] ->
     atomic {
#ifndef KEEPS_PLACE
       waits[r] = false; isLetIn[r] = false;
#endif
       isOver[r] = true
     }
  :: else ->
     do
     :: section[r] = true;
        if
        :: atomic { !word -> assert(writing == 0); reads[r] = true };
           atomic { waits[r] = false; isLetIn[r] = false; isInside[r] = true; isOver[r] = true };
           break
        :: atomic {
             word ->
#ifdef KEEPS_SECTION
             skip
#else
             closeSection(r)
#endif
           };
#ifdef BLIND
           atomic { waits[r] = !isLetIn[r] };
           break
#else
           atomic {
             if
             :: word -> waits[r] = !isLetIn[r]; hasJoined = true
             :: else -> hasJoined = false
             fi
           };
           if :: hasJoined -> break :: else -> skip fi
#endif
        fi
     od;
     hasJoined = false
  fi
}

/* TryDrive. */
inline driveReader(r) {
  atomic {
#ifndef NO_DRIVER
    if :: calls[r] == 0 -> calls[r] = 1; mine = true :: else -> calls[r] = 2; mine = false fi
#else
    mine = !isOver[r]
#endif
  };
  do
  :: mine ->
     calls[r] = 1;
     stepReader(r);
     atomic {
       if
       :: isOver[r] -> mine = false
#ifdef NO_SECOND
       :: else -> calls[r] = 0; mine = false
#else
       :: !isOver[r] && calls[r] == 1 -> calls[r] = 0; mine = false
       :: else -> skip
#endif
       fi
     }
  :: else -> break
  od
}

/* Wakes those that have been let in, and then the next writer. */
inline wake() {
  if :: woken[0] -> woken[0] = false; driveReader(0) :: else -> skip fi;
  if :: woken[1] -> woken[1] = false; driveReader(1) :: else -> skip fi;
  atomic { if :: next != NONE -> isQueued[next] = true; next = NONE :: else -> skip fi }
}

/* PassOn: the first in the line is given the turn, and run by the pool. */
inline passOn() {
  next = line[0];
  holder = line[0];
  line[0] = line[1]; line[1] = NONE
}

/* EndTurn, under the gate. */
inline passTurn() {
  if
  :: word ->
     word = false;
     woken[0] = waits[0]; isLetIn[0] = isLetIn[0] || waits[0]; waits[0] = false;
     woken[1] = waits[1]; isLetIn[1] = isLetIn[1] || waits[1]; waits[1] = false
  :: else -> skip
  fi;
  passOn()
}

inline endTurn(w) {
  atomic {
    if
#ifdef NO_HOLDER
    :: holder != NONE -> passTurn()
#else
    :: holder == w -> passTurn()
#endif
    :: else -> skip
    fi
  };
  wake()
}

inline leaveLine(w) {
  if
  :: line[0] == w -> line[0] = line[1]; line[1] = NONE
  :: line[1] == w -> line[1] = NONE
  :: else -> skip
  fi
}

inline stepWriter(w) {
  if
  :: atomic { isCancelled[w] -> isLooked[w] = false };
#ifdef KEEPS_TURN
     atomic { if :: holder != w -> leaveLine(w) :: else -> skip fi };
#else
#ifdef TWO_GATES
     if
     :: holder == w -> endTurn(w)
     :: else -> skip; leaveLine(w)
     fi;
#else
     atomic {                                             /* Leave */
       if
       :: holder == w -> passTurn()
       :: else -> leaveLine(w)
       fi
     };
     wake();
#endif
#endif
     isOver[w] = true
  :: else ->
     atomic {                                             /* TryTakeTurn */
       if
#ifdef NO_TURN
       :: progress[w] == InLine ->
          holder = w; leaveLine(w); progress[w] = HasTurn
#else
       :: progress[w] == InLine && (holder == w || (holder == NONE && line[0] == NONE)) ->
          holder = w; progress[w] = HasTurn
#endif
       :: progress[w] == InLine && holder != w && !(holder == NONE && line[0] == NONE) ->
          if
          :: line[0] == w || line[1] == w -> skip
          :: line[0] == NONE -> line[0] = w
          :: else -> line[1] = w
          fi
       :: else -> skip
       fi
     };
     atomic {                                             /* TryAnnounce */
       if
       :: progress[w] == HasTurn && !isLetIn[0] && !isLetIn[1] ->
          word = true;
          isOld[0] = section[0]; isOld[1] = section[1];
          progress[w] = WaitsForReaders
       :: else -> skip
       fi
     };
     atomic {
       if
#ifdef NO_WAIT
       :: progress[w] == WaitsForReaders ->
#else
       :: progress[w] == WaitsForReaders && !isOld[0] && !isOld[1] ->
#endif
          assert(writing == 0 && !reads[0] && !reads[1]);   /* L7 */
          writing++;
          isInside[w] = true; isLooked[w] = false; isOver[w] = true
#ifndef NO_LOOK
       :: progress[w] != InLine && (isOld[0] || isOld[1] || progress[w] == HasTurn) -> isLooked[w] = true
#endif
       :: else -> skip
       fi
     }
  fi
}

inline driveWriter(w) {
  atomic {
    if :: calls[w] == 0 -> calls[w] = 1; drives = true :: else -> calls[w] = 2; drives = false fi
  };
  do
  :: drives ->
     calls[w] = 1;
     stepWriter(w);
     atomic {
       if
       :: isOver[w] -> drives = false
#ifdef NO_SECOND
       :: else -> calls[w] = 0; drives = false
#else
       :: !isOver[w] && calls[w] == 1 -> calls[w] = 0; drives = false
       :: else -> skip
#endif
       fi
     }
  :: else -> break
  od
}

#define LOCALS bool mine = false, drives = false, hasJoined = false, woken[READERS]; byte next = NONE

proctype Reader(byte me)
{
  LOCALS;
  driveReader(me);
  (isOver[me] && NOBODY_ELSE);
  atomic {
    if
    :: isInside[me] -> reads[me] = false; closeSection(me)
    :: else -> skip
    fi;
    finished++
  }
}

proctype Writer(byte me)
{
  LOCALS;
  driveWriter(me);
  (isOver[me] && NOBODY_ELSE);
  if
  :: isInside[me] ->
     writing--;
#ifdef TWICE
     endTurn(me);
#endif
     endTurn(me)
  :: else -> skip
  fi;
  finished++
}

proctype Pool()
{
  LOCALS;
end:
  do
  :: atomic { isQueued[2] -> isQueued[2] = false }; driveWriter(2)
  :: atomic { isQueued[3] -> isQueued[3] = false }; driveWriter(3)
  od
}

#define MAY_GO_ON(w) (progress[w] == HasTurn && !isLetIn[0] && !isLetIn[1] \
  || progress[w] == WaitsForReaders && !isOld[0] && !isOld[1])

proctype Reclaimer()
{
  LOCALS;
end:
  do
  :: atomic { isLooked[2] && MAY_GO_ON(2) -> isLooked[2] = false }; driveWriter(2)
  :: atomic { isLooked[3] && MAY_GO_ON(3) -> isLooked[3] = false }; driveWriter(3)
  od
}

/* Cancels one of the waits. */
proctype Canceller()
{
  LOCALS;
  byte w = 0;
  atomic { if :: w = 0 :: w = 2 :: w = 3 fi };  /* the readers are alike */
#ifndef EARLY_CALL
  isCancelled[w] = true;
#endif
  if
  :: w == 0 -> driveReader(0)
  :: w == 2 -> driveWriter(2)
  :: w == 3 -> driveWriter(3)
  fi;
#ifdef EARLY_CALL
  isCancelled[w] = true;
#endif
  atomic { cancelled = w; w = 0 }
}

init {
  atomic {
    run Reader(0); run Writer(2); run Writer(3); run Pool(); run Reclaimer();
#ifdef CANCELS
    run Canceller();
#endif
#if !defined CANCELS || defined BOTH
    run Reader(1)
#else
    finished++
#endif
  };
  (timeout);                                    /* no process can move any more */
  assert(finished == WAITS);                    /* L8, L9, L10 */
  assert(!word && holder == NONE && line[0] == NONE && !section[0] && !section[1]);
  assert(!waits[0] && !waits[1] && !isLetIn[0] && !isLetIn[1] && !isLooked[2] && !isLooked[3])        /* L9 */
}
