/* The table of reader slots: registration against grace periods (O5), and dead threads (O6).
 *
 * Models  Readers/SlotTable.cs               TryRegisterReleased, Extend, Occupy, Release
 *         GracePeriods/Registrar.cs          Register
 *         GracePeriods/GracePeriodEngine.cs  Start, Arm, TryScan
 *         GracePeriods/SlotScan.cs           Begin, Scan
 *         GracePeriods/DeadReaders.cs        TryReleaseDead, ReleaseDead, Sweep
 *         Readers/Section.cs                 Announce
 *         ReadGuard.cs                       Dispose (the exit)
 *
 * Two threads register: each takes a released slot, after a sweep if need be, or extends the table. Each opens a
 * section and ends, inside it or after it. Meanwhile an updater unlinks a block, drives a grace period, frees the
 * block, twice. No living thread may use a freed block; a slot that is handed out is quiescent and no other thread's; a
 * slot in the scanned range is whole.
 *
 * Threads have store buffers, which drain by themselves at any time, and before the thread is known to be dead.
 * Interlocked operations drain them; the process-wide barrier drains one after the other. What the gate and the
 * engine's lock protect is one step with the shared access beside it. The updater's own stores are not buffered:
 * engine.pml covers those.
 *
 * Variants: FULL           ReadSideBarrier.Full: readers fence, no process-wide barrier
 *           NO_C           no fence [C]: reading the end behind [B], or the fence of Full, is enough
 *           EARLY_END      the end is read before [B], but behind the raise of Started: [C] is enough
 *           NO_CAS         a dead thread's word is cleared by a plain store: the engine's lock is enough
 *           The last three show second lines of defence: each may go as long as the other line stands.
 * Twins:    NO_BARRIER     O1  no process-wide barrier [B]
 *           EARLY_END NO_C O5  the table's end is read before the barrier, and neither line stands
 *           STALE_END      O5  the end is read before Started is raised
 *           ANNOUNCE_FIRST O5  the first section is announced before the table's end has moved
 *           WHOLE_LATE     O5  the end has moved before the slot is whole
 *           NO_LOCK        O6  a sweep does not take the engine's lock: two may release the same dead thread
 *           NO_LOCK NO_CAS O6  the same, and the word is cleared by a plain store
 *           RELEASE_FIRST  O6  the slot is released before its word is cleared
 *           NO_DEATH_FENCE O6  the word may be read before the answer that its owner is dead
 *           STEALS         O6  registration takes a dead thread's slot that has not been released
 */
#define THREADS 2
#define SLOTS 2
#define BLOCKS 3
#define NOBODY 255

#define END SLOTS                              /* where a buffered store goes: a slot's word, the table's end, */
#define GATE (SLOTS + 1)                       /* or the release of its gate */

byte started = 0, completed = 0;
bool locked = false, gate = false;             /* the engine's lock, the table's gate */
byte taken = 0;                                /* slots ever handed out; the gate's */
byte end = 0;                                  /* as threads other than the extending one see it */
byte word[SLOTS];                              /* sequence * 2 + nesting */
byte owner[SLOTS] = NOBODY;
bool isWhole[SLOTS], isReleased[SLOTS];
bool isDead[THREADS];
chan stores[THREADS] = [4] of { byte, byte };
byte pointer = 0;
bool freed[BLOCKS];

inline drainOne(t) {
  stores[t]?place, value ->
  if
  :: place == END -> end = value
  :: place == GATE -> gate = false
  :: else -> word[place] = value
  fi;
  place = 0;
  value = 0
}
inline drain(t) { do :: drainOne(t) :: empty(stores[t]) -> break od }

active proctype Memory()
{
  byte place, value;
endDrained:
  do
  :: atomic { drainOne(0) }
  :: atomic { drainOne(1) }
  od
}

/* ReleaseDead, of a thread found dead: under the engine's lock. */
inline releaseDead(i) {
#ifndef NO_DEATH_FENCE
  seen = word[i];
#endif
#ifdef RELEASE_FIRST
  atomic { owner[i] = NOBODY; isReleased[i] = true };
  atomic { if :: word[i] == seen -> word[i] = seen & 254 :: else -> skip fi };
#else
  if
  :: seen % 2 == 1 ->
#ifdef NO_CAS
     word[i] = seen & 254
#else
     atomic { if :: word[i] == seen -> word[i] = seen & 254 :: else -> skip fi }
#endif
  :: else -> skip
  fi;
  atomic {                                     /* Release, under the gate */
    !gate;
    assert(owner[i] != NOBODY);                /* released once */
    owner[i] = NOBODY;
    isReleased[i] = true
  };
#endif
  seen = 0
}

inline askWhetherDead(i) {
#ifdef NO_DEATH_FENCE
  seen = word[i];
#endif
  atomic { if :: owner[i] != NOBODY -> dead = isDead[owner[i]] :: else -> dead = false fi }
}

inline sweep() {
#ifndef NO_LOCK
  atomic { !locked -> locked = true };
#endif
  for (i : 0 .. SLOTS - 1) {
    if
    :: i < end ->
       askWhetherDead(i);
       if :: dead -> dead = false; releaseDead(i) :: else -> seen = 0 fi
    :: else -> skip
    fi
  }
#ifndef NO_LOCK
  locked = false;
#endif
  i = 0
}

inline tryRegisterReleased() {
  atomic {
    !gate;
    do
    :: i < SLOTS && !isReleased[i] -> i++
    :: else -> break
    od;
    if
    :: i < SLOTS -> isReleased[i] = false; owner[i] = me; slot = i
#ifdef STEALS
    :: i == SLOTS && end > 0 && owner[0] != NOBODY && isDead[owner[0]] ->
       owner[0] = me; slot = 0; word[0] = word[0] & 254
#endif
    :: else -> skip
    fi;
    i = 0
  }
}

proctype Thread(byte me)
{
  byte slot = NOBODY, s, b, i, seen, place, value;
  bool dead;

  tryRegisterReleased();
  if
  :: slot == NOBODY ->
     sweep();
     tryRegisterReleased()
  :: else -> skip
  fi;
  if
  :: slot == NOBODY ->                         /* Extend */
     atomic { !gate -> gate = true };
     atomic { slot = taken; taken++; owner[slot] = me };
#ifndef WHOLE_LATE
     isWhole[slot] = true;
#endif
#ifndef ANNOUNCE_FIRST
     stores[me]!END, slot + 1;
#ifndef NO_C
     atomic { drain(me) };                     /* [C] */
#endif
#endif
#ifdef WHOLE_LATE
     isWhole[slot] = true;
#endif
     stores[me]!GATE, 0
  :: else -> skip
  fi;
  assert(word[slot] % 2 == 0);
  assert(owner[slot] == me);

  s = started;
  stores[me]!slot, s * 2 + 1;                  /* [A] */
#ifdef FULL
  atomic { drain(me) };
#endif
  b = pointer;
#ifdef ANNOUNCE_FIRST
  if :: end <= slot -> atomic { empty(stores[me]) -> end = (end > slot -> end : slot + 1) } :: else -> skip fi;
#endif
  atomic { assert(!freed[b]); b = 0 };
  if
  :: stores[me]!slot, s * 2
  :: skip                                      /* it ends inside the section */
  fi;
  atomic { empty(stores[me]) -> isDead[me] = true; slot = 0; s = 0 }
}

proctype Updater()
{
  byte cursor, scanEnd, seen, round, place, value;
  bool dead;
  for (round : 1 .. BLOCKS - 1) {
#ifdef STALE_END
    scanEnd = end;                             /* then another updater may unlink, and take this as its target */
#endif
    pointer = round;                           /* an exchange: visible at once */
    atomic { !locked -> locked = true };
    started++;
#ifdef EARLY_END
    scanEnd = end;
#endif
#if !defined NO_BARRIER && !defined FULL
    atomic { drain(0) };                       /* [B] */
    atomic { drain(1) };
#endif
    atomic {
#if !defined EARLY_END && !defined STALE_END
      scanEnd = end;
#endif
      cursor = 0
    };
    do
    :: cursor < scanEnd ->
       assert(isWhole[cursor]);
       if
       :: word[cursor] % 2 == 0 || word[cursor] / 2 >= started -> cursor++
       :: else ->
          askWhetherDead(cursor);
          if
          :: dead -> dead = false; releaseDead(cursor); cursor++
          :: else ->                           /* a reader in the way: come back later */
             seen = 0;
             locked = false;
             atomic { !locked -> locked = true }
          fi
       fi
    :: else -> break
    od;
    completed = started;
    locked = false;
    freed[round - 1] = true
  }
}

init { atomic { run Thread(0); run Thread(1); run Updater() } }
