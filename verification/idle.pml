/* The reclaimer going idle and producers waking it: Reclamation/Reclaimer.cs and Queueing.cs (O9), and disposal (O11).
 *
 * Producers have store buffers. An append stores its item, then reads Attention. The reclaimer sets Idle, issues the
 * process-wide barrier, looks again, sleeps. At the end nothing may be queued while it sleeps, and after disposal each item
 * is either carried out or withdrawn, never both or neither. Twins, each of which must fail:
 *   NO_BARRIER   Idle and Disposed are set without the process-wide barrier
 *   NO_LOOK      the reclaimer does not look again after setting Idle
 *   NO_LOCK      a withdrawal does not take the queue's lock (the consumer may have noted the item)
 */
#define PRODUCERS 2

bool idle = true, disposed = false, signal = false, closing = false, drained = false;
byte tail[PRODUCERS], noted[PRODUCERS], carried[PRODUCERS];
bool lock[PRODUCERS];
bool accepted[PRODUCERS], withdrawn[PRODUCERS];
byte finished = 0;
chan stores[PRODUCERS] = [2] of { byte };

inline drain(p) { do :: stores[p]?[_] -> stores[p]?tail[p] :: else -> break od }
inline barrier() {
#ifndef NO_BARRIER
  atomic { drain(0); drain(1) }
#else
  skip
#endif
}

active proctype Memory()
{
end:
  do
  :: stores[0]?tail[0]
  :: stores[1]?tail[1]
  od
}

proctype Producer(byte me)
{
  bool seenIdle, seenDisposed;
  if
  :: disposed -> withdrawn[me] = true               /* told before anything was stored */
  :: else ->
     stores[me]!1;                                  /* [D]: the item, then Attention */
     atomic { seenIdle = idle; seenDisposed = disposed };
     if
     :: seenIdle -> atomic { if :: idle -> idle = false; signal = true :: else -> skip fi }
     :: else -> skip
     fi;
     if
     :: seenDisposed ->
#ifndef NO_LOCK
        atomic { !lock[me] -> lock[me] = true };
#endif
        atomic { drain(me) };
        if
        :: noted[me] == 0 && carried[me] == 0 ->
           tail[me] = 0;
           withdrawn[me] = true
        :: else -> accepted[me] = true
        fi;
#ifndef NO_LOCK
        lock[me] = false
#endif
     :: else -> accepted[me] = true
     fi
  fi;
  finished++
}

inline serve(p) {
  if
  :: tail[p] != carried[p] ->
     atomic { !lock[p] -> lock[p] = true };
     if
     :: tail[p] != carried[p] ->
        noted[p] = 1;
        carried[p] = 1
     :: else -> skip
     fi;
     lock[p] = false
  :: else -> skip
  fi
}

proctype Reclaimer()
{
end:
  do
  :: serve(0);
     serve(1);
     idle = true;
     barrier();                                     /* [E] */
#ifndef NO_LOOK
     if
     :: tail[0] != carried[0] || tail[1] != carried[1] -> idle = false
     :: else ->
endsleep:
        atomic { signal -> signal = false }
     fi
#else
     atomic { signal -> signal = false }
#endif
  od
}

proctype Disposer()
{
  disposed = true;
  barrier();                                        /* [F] */
  serve(0);
  serve(1);
  drained = true
}

init {
  atomic { run Reclaimer(); run Producer(0); run Producer(1) };
#ifdef DISPOSE
  run Disposer();
  (finished == PRODUCERS && drained && empty(stores[0]) && empty(stores[1]));
  (timeout);
  assert(accepted[0] != withdrawn[0] && accepted[1] != withdrawn[1]);
  assert(!withdrawn[0] || (tail[0] == 0 && carried[0] == 0));
  assert(!withdrawn[1] || (tail[1] == 0 && carried[1] == 0));
  assert(!accepted[0] || carried[0] == 1);
  assert(!accepted[1] || carried[1] == 1)
#else
  (finished == PRODUCERS && empty(stores[0]) && empty(stores[1]));
  (timeout);                                        /* nobody else can do anything: the reclaimer sleeps */
  assert(carried[0] == 1 && carried[1] == 1)
#endif
}
