/* A reclaimer that domains share: who asks it, when it ends, and when a step is due: O9.
 *
 * Models  Reclamation/Reclaimer.cs        Wake, Expedite, Request, TryStart, TryLeave
 *         Reclamation/ReclaimerClaim.cs   TryTake, TryGiveUp, SetSignal
 *         Reclamation/ReclaimerRun.cs     Step, HasWork, IsIdle
 *         Reclamation/SharedReclaimer.cs  Serve, TryAsk, Run, TryBegin, TryEnd, TakeAsked, StepAll
 *         Reclamation/ServedDomain.cs     MakeDue, TryStep, TryBegin, TryLeave, Schedule
 *
 * One domain. A producer appends, and a thread asks for something and expedites the domain. The time in which a batch
 * is gathered never ends: the thread that serves the domain goes on when it is signalled. When nothing can move any
 * more, no request may be left, and what waits in a batch must have a thread. The word "made due" has store buffers,
 * which drain by themselves at any time.
 *
 * What is one step here: what a gate protects, where no thread reads it without the gate.
 *
 * Variants: TWO_ASK         two threads ask, and nobody appends
 *           START_FAILS     the thread cannot be started, once. Then things may wait for the next caller
 * Twins:    NO_DUE_FENCE    O9  MakeDue [Y] is a plain store, which may come behind the look for a signal
 *           NO_END_LOOK     O9  the thread ends without a look at who has asked
 *           NOT_ATOMIC      O9  who asks has looked for a signal before that, without the gate
 *           NO_CLEAR_FENCE  O9  TWO_ASK: a step clears the word [Z] by a plain store, which may come behind its reads
 *           NO_DUE_LOOK     O9  TWO_ASK: having taken its claim again, the thread rests without a look at the word
 *           NO_RETRY        O9  START_FAILS: who has asked in vain keeps the next caller from starting a thread
 */
#define THREADS 4
#define NONE 255
#define HAS_WORK (wanted > 0 || gathers)

bool idle = true;                         /* the domain's bit of AppendFlags */
byte wanted = 0;                          /* requests that are not carried out */
bool gathers = false;                     /* a batch waits that nobody has expedited */
byte claim = NONE, claimSignal = NONE;    /* the thread that has the claim, and its signal */
bool isDue = false;                       /* "made due" as all threads see it */
bool isAsked = false;                     /* the domain is in the list of those that asked */
byte server = NONE;                       /* whose signal who asks finds */
bool signal[THREADS];
byte started = 0, finished = 0;
bool hasFailed = false;

chan dueStores = [2] of { bit };          /* MakeDue's, of any asker */
chan clearStores = [1] of { bit };        /* of the one thread that has the claim */

active proctype Memory()
{
  bit b;
end:
  do
  :: atomic { dueStores?b -> isDue = true }
  :: atomic { clearStores?b -> isDue = false }
  od
}

inline setSignal() {
  s = claimSignal;
  if :: s != NONE -> signal[s] = true :: else -> skip fi;
  s = NONE
}

/* SharedReclaimer.Serve: hasThread says whether it threw. */
inline serve() {
#ifdef NOT_ATOMIC
  s = server;
  isAsked = true;
#else
  atomic { s = server; wasAsked = isAsked; isAsked = true };
#endif
  if
  :: s != NONE -> signal[s] = true; hasThread = true
  :: else ->
     if
#ifdef NO_RETRY
     :: wasAsked -> hasThread = true
     :: !wasAsked && started < THREADS ->
#else
     :: started < THREADS ->
#endif
        atomic { run Thread(started); started++; hasThread = true }
#ifdef START_FAILS
     :: atomic { !hasFailed -> hasFailed = true; hasThread = false }
#endif
     fi
  fi;
  atomic { s = NONE; wasAsked = false }
}

inline requireThread() {
  if :: claim != NONE -> hasThread = true :: else -> serve() fi
}

inline wake() {
  atomic { wasIdle = idle; idle = false };      /* [X] */
  if
  :: wasIdle ->
     requireThread();
     if :: hasThread -> setSignal() :: else -> idle = true fi
  :: else -> skip
  fi;
  atomic { wasIdle = false; hasThread = false }
}

proctype Producer()
{
  bool wasIdle, hasThread, wasAsked;
  byte s = NONE;
  gathers = true;
  wake();
  finished++
}

proctype Asker()
{
  bool wasIdle, hasThread, wasAsked;
  byte s = NONE;
  wanted++;
  wake();
#ifdef NO_DUE_FENCE
  dueStores!1;
#else
  isDue = true;                                 /* [Y] */
#endif
  setSignal();
  requireThread();                              /* a thread that was there before may have left */
  finished++
}

/* ServedDomain.TryStep. isServed says whether it returned true. */
inline tryStep() {
#ifdef NO_CLEAR_FENCE
  atomic { if :: isDue -> (empty(clearStores)); clearStores!0 :: !isDue -> skip fi };
#else
  isDue = false;                                /* [Z] */
#endif
  if
  :: claim == me -> skip
  :: else ->
     atomic { claim == NONE -> claim = me; claimSignal = me }
  fi;
  if
  :: wanted > 0 -> atomic { wanted = 0; gathers = false; progress = true; dueAtOnce = true }
  :: else -> atomic { progress = false; dueAtOnce = false }
  fi;
  if
  :: HAS_WORK -> skip
  :: else ->
     idle = true;
     if
     :: HAS_WORK -> idle = false
     :: else ->
        claimSignal = NONE;
        claim = NONE;                           /* [W] */
        if
        :: idle && !HAS_WORK -> isServed = false
        :: else ->
           atomic {
             if
             :: claim == NONE -> claim = me; claimSignal = me
             :: else -> isServed = false
             fi
           }
        fi
     fi
  fi
}

proctype Thread(byte me)
{
  bool isServed, progress, dueAtOnce, mayRest;
  if
  :: atomic { server == NONE -> server = me }
  :: server != NONE -> goto out                 /* another one serves */
  fi;
  do
  :: atomic {
       if
       :: isAsked ->
          isAsked = false;
          if :: isServed -> skip :: else -> isServed = true; dueAtOnce = true fi
       :: else -> skip
       fi;
       progress = false
     };
     if
     :: isServed && (dueAtOnce || isDue) -> tryStep()
     :: else -> skip
     fi;
#ifdef NO_DUE_LOOK
     mayRest = !isServed || !progress && !dueAtOnce;
#else
     mayRest = !isServed || !progress && !dueAtOnce && !isDue;
#endif
     if
     :: !mayRest -> skip
     :: mayRest ->
endAsleep:
        if
        :: atomic { signal[me] -> signal[me] = false }
        :: !isServed ->                         /* the idle timeout */
#ifdef NO_END_LOOK
           atomic { server = NONE; goto out }
#else
           if
           :: atomic { !isAsked -> server = NONE; goto out }
           :: isAsked -> skip
           fi
#endif
        fi
     fi
  od;
out:
  skip
}

init {
  atomic {
    run Asker();
#ifdef TWO_ASK
    run Asker()
#else
    run Producer()
#endif
  };
  (timeout);                                    /* no process can move any more */
  assert(finished == 2);
  assert(!gathers || claim != NONE || hasFailed && idle && server == NONE);
  assert(wanted == 0 || hasFailed && idle && claim == NONE && server == NONE)
}
