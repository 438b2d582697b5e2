/* The grace-period engine: GracePeriods/GracePeriodEngine.cs and Readers/Section.cs.
 *
 * Readers and updaters have store buffers (x86-TSO); a reader that does not load Started with acquire may load the pointer
 * first (Arm). Two updaters replace the block under readers, take a target, drive grace periods and free. Nobody may read a
 * freed block. Twins, each of which must fail:
 *   NO_BARRIER   O1: no process-wide barrier between raising Started and the scan
 *   NO_ACQUIRE   O1: the reader's pointer load may come before its load of Started
 *   NO_FENCE     O3: no fence between the unlink and reading Started for the target
 *   LOW_TARGET   O3: the target is the grace period in progress
 *   EARLY_SCAN   the scan's verdict on the first reader is taken before Started is raised
 *   NO_WAIT      grace periods end without a scan
 */
#define READERS 2
#define UPDATERS 2
#define SECTIONS 2
#define BLOCKS 3

byte started = 0, completed = 0;
bool locked = false;
byte cursor = 0;
byte word[READERS];              /* sequence * 2 + nesting, as the scan sees it */
byte ptr = 0;                    /* the published block, as readers see it */
byte nextBlock = 1;
bool updateLock = false;
bool freed[BLOCKS + 1];
chan slotStores[READERS] = [2] of { byte };
chan ptrStores[UPDATERS] = [1] of { byte };

inline drainSlot(r) { do :: slotStores[r]?[_] -> slotStores[r]?word[r] :: else -> break od }
inline drainPtr(u) { if :: ptrStores[u]?[_] -> ptrStores[u]?ptr :: else -> skip fi }

/* Store buffers drain by themselves at any time. */
active proctype Memory()
{
end:
  do
  :: slotStores[0]?word[0]
  :: slotStores[1]?word[1]
  :: ptrStores[0]?ptr
  :: ptrStores[1]?ptr
  od
}

proctype Reader(byte me)
{
  byte s, b, early, i;
  for (i : 1 .. SECTIONS) {
#ifdef NO_ACQUIRE
    early = ptr;
    s = started;
    slotStores[me]!(s * 2 + 1);
    if :: b = early :: b = ptr fi;
#else
    s = started;
    slotStores[me]!(s * 2 + 1);
    b = ptr;
#endif
    assert(!freed[b]);           /* the section reads the block, twice */
    assert(!freed[b]);
    atomic { slotStores[me]!(s * 2); s = 0; b = 0; early = 0 }
  }
}

inline processWideBarrier() {
#ifndef NO_BARRIER
  atomic { drainSlot(0); drainSlot(1); drainPtr(0); drainPtr(1) }
#else
  skip
#endif
}

proctype Updater(byte me)
{
  byte old, target, w;
  bool passed;

  atomic { !updateLock -> updateLock = true }
  /* unlink: the old block is known, since the lock makes this updater the only one; the store may linger */
  atomic { old = ptr; ptrStores[me]!nextBlock; nextBlock++ }
#ifndef NO_FENCE
  atomic { drainPtr(me) }
#endif
#ifdef LOW_TARGET
  target = started;
#else
  target = started + 1;
#endif
  atomic { empty(ptrStores[me]) -> updateLock = false }

  do
  :: completed >= target -> break
  :: completed < target ->
     if
     :: atomic { !locked -> locked = true };
        do
        :: completed >= target -> break
        :: completed < target ->
           if
           :: started == completed ->
#ifdef EARLY_SCAN
              passed = (word[0] % 2 == 0);
              started++;
              processWideBarrier();
              cursor = (passed -> 1 : 0)
#else
              started++;         /* an exchange: nothing of this thread lingers */
              processWideBarrier();
              cursor = 0
#endif
           :: else -> skip
           fi;
           passed = true;
#ifndef NO_WAIT
           do
           :: cursor < READERS && passed ->
              w = word[cursor];
              if
              :: w % 2 == 0 || w / 2 >= started -> cursor++
              :: else -> passed = false
              fi
           :: else -> break
           od;
#endif
           if
           :: passed -> completed = started
           :: else -> break
           fi
        od;
        atomic { locked = false; w = 0; passed = false }
     :: locked -> skip
     fi
  od;
  freed[old] = true
}

init { atomic { run Reader(0); run Reader(1); run Updater(0); run Updater(1) } }
