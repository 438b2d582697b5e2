/* The buckets of a map: slots, lock, copy and FORWARDED, and the directory above them: C1 to C4, C9.
 *
 * Models  Index/HashIndex.cs         Find, AddUnlessFound, Search, TrySearch
 *         Index/IndexTable.cs        TryInsert, TryExchange, HasUncompared
 *         Index/Chain.cs             Lock, Append, Unlock, UnlockForwarded
 *         Index/ChainSlots.cs        Read, IsStill
 *         Index/ComparedEntries.cs   TryPass
 *         Index/SegmentSplit.cs      TryMoveChain, Finish
 *         Index/SegmentMerge.cs      TryMovePair
 *         Index/SegmentDirectory.cs  WordFor, TryName, TryReplace
 *         Index/IndexMemory.cs       Retire, FreeDirectory
 *         Entries/DictionaryCore.cs  TryAdd, Set, TryRemove
 *
 * Two keys with one tag. Their chain has two buckets of one slot each; a split gives each key a chain of its own. A
 * reader looks a key up, a writer removes it and adds it again, another one adds or replaces either key. Entries are
 * few, and their addresses are used again as soon as their grace period is over: it waits for the sections that were
 * open when they were unlinked. So it is with the emptied segment and the old directory.
 *
 * The model keeps what the map holds, and for each operation which entries of its key were there at some moment of it,
 * and whether there was none. Whatever an operation found must have been there; if it found nothing, there was none at
 * some moment. Who adds an entry finds that there is none then; who replaces or removes one finds it there.
 *
 * Memory: sequentially consistent, so neither the load barrier before [R] nor the fence after a replacement is here. A
 * chain's stores are made in their order (release), by one writer at a time, which took the lock by an interlocked
 * operation; a search's loads come in theirs (acquire). Stores that are still in their thread's buffer when an update
 * returns are not modelled.
 *
 * What is one step here: a look at a chain under its lock, since nobody else writes it then; the filling of a chain
 * that nobody reaches yet. A slot is loaded once: the vector loads before that only leave out what does not fit.
 *
 * Not here: memory that cannot be had, claims (one thread splits), the walk, the end of a map.
 *
 * Variants: TWO           two writers, no reader
 *           STILL         nobody splits: a reader, two writers
 *           MERGE         the split backwards: two chains become one
 *           DOUBLES       a larger directory takes the old one's place while the split names its halves
 * Twins:    NO_R_HIT      C3  the header is not read again after a slot that has an entry
 *           NO_R_MISS     C3  the header is not read again after a chain that does not have the key
 *           EARLY_BIT     C3  FORWARDED is set before the entries are copied; MERGE: on the first chain before the
 *                             second one is locked
 *           NAMED_EARLY   C3  the directory names the halves before the chain is forwarded
 *           NO_STILL      C4  nobody looks under the lock whether the chain is what was copied
 *           SPLIT_OUTSIDE C4  a split's section ends between its copy and its lock
 *           OUTSIDE       C4  an update's section ends between its search and its lock
 *           NO_LOOK       C4  an insertion does not look under the lock at what the chain has
 *           PULLS_UP      C2  a removal moves the entry of the second bucket to the first one
 *           FREED_FIRST   an entry is freed before it is unlinked
 *           NO_GRACE      the emptied segment is freed at once
 *           DOUBLES NO_LOCK        the directory is copied without its lock
 *           DOUBLES NO_GRACE_OLD   the old directory is freed at once
 *           DOUBLES ROOT_FIRST     the directory is published before it is copied
 */
#define ADDRESSES 5                             /* of entries; 0 is none */
#define CHAINS 3
#define THREADS 5
#define NONE 255

/* The key of most operations: the second chain's where there are two. */
#ifdef MERGE
#define KEY 1
#else
#define KEY 0
#endif

#define READER 0
#define SPLITTER 3
#define DOUBLER 4

/* Segment words: 0 is none. Chains: what a segment has for a key. */
#define OLD 1
#define NEW 2
#ifdef MERGE
#define CHAIN(w, k) (w == OLD -> k : 2)
#define NEXT(c, k) 2
#define IS_OLD(c) (c < 2)
#else
#define CHAIN(w, k) (w == OLD -> 0 : 1 + k)
#define NEXT(c, k) (1 + k)
#define IS_OLD(c) (c == 0)
#endif

byte slot[CHAINS * 2];                          /* a chain's two */
bool locked[CHAINS], forwarded[CHAINS], leads[CHAINS];          /* its header; leads: to the second bucket */
bit root = 0;                                   /* directories: two words each, one for each key */
byte word[4];

byte inSection = 0;                             /* a bit for each thread */
bool isFreed[ADDRESSES] = true, isUnlinked[ADDRESSES];
byte keyOf[ADDRESSES], waits[ADDRESSES];        /* the sections that a grace period waits for */
bool segmentRetired = false, segmentFreed = false, rootRetired = false, rootFreed = false;
byte segmentWaits, rootWaits;

byte present[2];                                /* what the map holds */
byte sought[THREADS] = NONE, was[THREADS];      /* a thread's key, and which entries of it were there */
bool sawAbsent[THREADS];

#define DONE(retired, mask) (retired && mask == 0)

inline endGracePeriods() {
  for (n : 1 .. ADDRESSES - 1) {
    waits[n] = waits[n] & inSection;
    if
    :: isUnlinked[n] && waits[n] == 0 -> isUnlinked[n] = false; keyOf[n] = 0; isFreed[n] = true
    :: else -> skip
    fi
  }
  n = 0;
  segmentWaits = segmentWaits & inSection;
  rootWaits = rootWaits & inSection;
  segmentFreed = DONE(segmentRetired, segmentWaits);
  rootFreed = DONE(rootRetired, rootWaits)
}

inline enter() { inSection = inSection | (1 << me) }
inline leave() { d_step { inSection = inSection & (31 - (1 << me)); endGracePeriods() } }
inline free(entry) { d_step { isUnlinked[entry] = true; waits[entry] = inSection } }

inline retireSegment() {
  d_step {
    segmentRetired = true;
#ifndef NO_GRACE
    segmentWaits = inSection;
#endif
    segmentFreed = DONE(segmentRetired, segmentWaits)
  }
}

/* An operation begins, in its section. */
inline begin(k) {
  d_step {
    enter();
    sought[me] = k;
    sawAbsent[me] = (present[k] == 0);
    was[me] = (1 << present[k])
  }
}

inline end() {
  d_step { sought[me] = NONE; sawAbsent[me] = false; was[me] = 0; found = 0; compared[0] = 0; compared[1] = 0; c = 0 };
  leave()
}

/* The map holds this entry of the key, or none, from here on. */
inline set(k, entry) {
  present[k] = entry;
  for (n : 0 .. THREADS - 1) {
    if
    :: sought[n] == k && entry == 0 -> sawAbsent[n] = true
    :: sought[n] == k && entry != 0 -> was[n] = was[n] | (1 << entry)
    :: else -> skip
    fi
  }
  n = 0
}

#define TOUCH(c) assert(!(segmentFreed && IS_OLD(c)))

/* WordFor: the chain that the directory leads to. */
inline findChain(k) {
#ifdef DOUBLES
  r = root;
#endif
  atomic {
    assert(!(rootFreed && r == 0));
    assert(word[2 * r + k] != 0);
    c = CHAIN(word[2 * r + k], k);
    r = 0
  }
}

/* Search: the entry of the key, or 0 and the entries of the other one. */
inline search(k) {
  findChain(k);
  do
  :: atomic {
       i = 0; found = 0; compared[0] = 0; compared[1] = 0; isLeft = false;
     };
     do
     :: atomic { TOUCH(c); entry = slot[2 * c + i] };
        if
        :: entry != 0 ->
#ifndef NO_R_HIT
           atomic { TOUCH(c); isLeft = forwarded[c] };      /* [R] */
#endif
           if :: isLeft -> break :: else -> skip fi;
           atomic {
             assert(!isFreed[entry]);
             if
             :: keyOf[entry] == k -> found = entry; break
             :: keyOf[entry] != k && compared[0] == 0 -> compared[0] = entry
             :: else -> compared[1] = entry
             fi;
             entry = 0
           }
        :: else -> skip
        fi;
        atomic { TOUCH(c); if :: i == 0 && leads[c] -> i = 1 :: else -> break fi }
     od;
     atomic {
       entry = 0; i = 0;
#ifndef NO_R_MISS
       if
       :: found == 0 && !isLeft -> TOUCH(c); isLeft = forwarded[c]      /* [R] */
       :: else -> skip
       fi;
#endif
       if :: isLeft -> c = NEXT(c, k); isLeft = false :: else -> break fi
     }
  od
}

inline lock(c, k) {
  do
  :: atomic { !locked[c] && !forwarded[c] -> TOUCH(c); locked[c] = true; break }
  :: atomic { forwarded[c] -> TOUCH(c); c = NEXT(c, k) }
  od
}

/* The section is another one from here on. */
inline reenter() { leave(); enter() }

/* ComparedEntries.TryPass, and the look for a free slot. */
inline look(index) {
  if
  :: slot[index] == 0 -> if :: at == NONE -> at = index :: else -> skip fi
#ifndef NO_LOOK
  :: passed == 0 && slot[index] == compared[0] && slot[index] != 0 -> passed = 1
  :: passed <= 1 && slot[index] == compared[1] && slot[index] != 0 -> passed = 2
#endif
  :: else ->
#ifndef NO_LOOK
     isChanged = true
#else
     skip
#endif
  fi
}

/* AddUnlessFound, after a search in vain: sets isDone if it added the entry made. */
inline tryInsert(k) {
#ifdef OUTSIDE
  reenter();
#endif
  findChain(k);
  lock(c, k);
  atomic {
    at = NONE; passed = 0; isChanged = false;
    look(2 * c);
    if :: leads[c] -> look(2 * c + 1) :: else -> skip fi;
    passed = 0
  };
  if
  :: isChanged -> locked[c] = false
  :: !isChanged && at != NONE ->
     atomic { assert(present[k] == 0); slot[at] = made; set(k, made); isDone = true };
     locked[c] = false
  :: else ->                                    /* Append: the unlock makes the second bucket visible */
     atomic {
       assert(present[k] == 0 && !leads[c]);
       slot[2 * c + 1] = made; leads[c] = true; set(k, made); isDone = true;
       locked[c] = false
     }
  fi;
  atomic { at = NONE; isChanged = false }
}

/* TryExchange: sets isDone if the entry found was there. */
inline tryExchange(k, other) {
#ifdef OUTSIDE
  reenter();
#endif
  findChain(k);
  lock(c, k);
  atomic {
    if
    :: slot[2 * c] == found -> at = 2 * c
    :: slot[2 * c] != found && leads[c] && slot[2 * c + 1] == found -> at = 2 * c + 1
    :: else -> at = NONE
    fi
  };
  if
  :: at != NONE ->
#ifdef FREED_FIRST
     free(found);
#endif
     atomic {
       assert(present[k] == found);
       slot[at] = other; set(k, other); isDone = true;
#ifdef PULLS_UP
       if
       :: other == 0 && at == 2 * c && leads[c] -> slot[at] = slot[at + 1]; slot[at + 1] = 0
       :: else -> skip
       fi
#endif
     }
  :: else -> skip
  fi;
  atomic { locked[c] = false; at = NONE };
#ifndef FREED_FIRST
  if :: isDone -> free(found) :: else -> skip fi
#endif
}

inline make(k) {
  atomic {
    if
    :: isFreed[1] -> made = 1
    :: !isFreed[1] && isFreed[2] -> made = 2
    :: !isFreed[1] && !isFreed[2] && isFreed[3] -> made = 3
    :: !isFreed[1] && !isFreed[2] && !isFreed[3] && isFreed[4] -> made = 4
    fi;
    isFreed[made] = false; keyOf[made] = k
  }
}

/* TryAdd and, if replaces, Set. */
inline add(k, replaces) {
  make(k);
  begin(k);
  do
  :: search(k);
     if
     :: found == 0 ->
        assert(sawAbsent[me]);
        tryInsert(k)
     :: else ->
        assert((was[me] >> found) & 1);
        if
        :: replaces -> tryExchange(k, made)
        :: else -> atomic { isFreed[made] = true; keyOf[made] = 0; break }
        fi
     fi;
     if :: isDone -> break :: else -> skip fi
  od;
  atomic { made = 0; isDone = false; end() }
}

inline remove(k) {
  begin(k);
  do
  :: search(k);
     if
     :: found == 0 -> assert(sawAbsent[me]); break
     :: else -> assert((was[me] >> found) & 1); tryExchange(k, 0)
     fi;
     if :: isDone -> break :: else -> skip fi
  od;
  atomic { isDone = false; end() }
}

#define LOCALS bit r = 0; byte c = 0, i = 0, n = 0, entry = 0, found = 0, compared[2]; bool isLeft = false
#define WRITES byte made = 0, at = NONE, passed = 0; bool isChanged = false, isDone = false

proctype Reader(byte me)
{
  LOCALS;
  begin(KEY);
  search(KEY);
  atomic {
    if
    :: found == 0 -> assert(sawAbsent[me])
    :: else -> assert((was[me] >> found) & 1)
    fi;
    end()
  }
}

proctype FirstWriter(byte me)
{
  LOCALS; WRITES;
  remove(KEY);
#if defined STILL || defined SPLIT_OUTSIDE
  remove(1);
#endif
  add(KEY, false)
}

proctype SecondWriter(byte me)
{
  LOCALS; WRITES;
  bit k; bool replaces;
  atomic { if :: k = 0 :: k = 0; replaces = true :: k = 1; replaces = true fi };
  add(k, replaces)
}

/* ChainBuilder.Add: a chain that nobody reaches. */
inline put(c, entry) {
  if
  :: entry == 0 -> skip
  :: entry != 0 && slot[2 * c] == 0 -> slot[2 * c] = entry
  :: else -> slot[2 * c + 1] = entry; leads[c] = true
  fi
}

inline clear(c) { slot[2 * c] = 0; slot[2 * c + 1] = 0; leads[c] = false }

/* ChainSlots.Read. */
inline read(c, into) {
  copied[into] = slot[2 * c];
  if :: leads[c] -> copied[into + 1] = slot[2 * c + 1] :: else -> copied[into + 1] = 0 fi
}

/* ChainSlots.IsStill compares the slots in use: where a free one lies among them does not count. */
#define FIRST(a, b) (a != 0 -> a : b)
#define SECOND(a, b) (a != 0 -> b : 0)
#define IS_STILL(c, at) (FIRST(copied[at], copied[at + 1]) == FIRST(slot[2 * c], slot[2 * c + 1]) \
  && SECOND(copied[at], copied[at + 1]) == SECOND(slot[2 * c], slot[2 * c + 1]))

inline lockAlone(c) { atomic { !locked[c] -> locked[c] = true } }

/* UnlockForwarded. */
inline unlockForwarded(c) { atomic { forwarded[c] = true; locked[c] = false } }

#ifdef MERGE
inline copyChains() {
  atomic {
    clear(2);
    for (n : 0 .. 3) { assert(!isFreed[copied[n]] || copied[n] == 0); put(2, copied[n]) }
    n = 0
  }
}

inline move() {
  do
  :: read(0, 0);
     read(1, 2);
     copyChains();
     lockAlone(0);
#ifdef EARLY_BIT
     if
     :: IS_STILL(0, 0) && IS_STILL(1, 2) -> unlockForwarded(0); lockAlone(1); unlockForwarded(1); break
     :: else -> locked[0] = false
     fi
#else
     lockAlone(1);
     if
     :: IS_STILL(0, 0) && IS_STILL(1, 2) -> unlockForwarded(0); unlockForwarded(1); break
     :: else -> locked[1] = false; locked[0] = false
     fi
#endif
  od
}
#else
inline copyChains() {
  atomic {
    clear(1); clear(2);
    for (n : 0 .. 1) {
      if
      :: copied[n] != 0 -> assert(!isFreed[copied[n]]); put((1 + keyOf[copied[n]]), copied[n])   /* HashOf */
      :: else -> skip
      fi
    }
    n = 0
  }
}

inline move() {
  do
#ifdef EARLY_BIT
  :: lockAlone(0);
     forwarded[0] = true;
     read(0, 0);
     copyChains();
     locked[0] = false;
     break
#else
  :: read(0, 0);
     copyChains();
#ifdef SPLIT_OUTSIDE
     reenter();
#endif
     lockAlone(0);
     if
#ifdef NO_STILL
     :: true -> unlockForwarded(0); break
#else
     :: IS_STILL(0, 0) -> unlockForwarded(0); break
     :: else -> locked[0] = false
#endif
     fi
#endif
  od
}
#endif

/* The directory's lock. */
bool directoryLocked = false;

inline name() {
  atomic { !directoryLocked -> directoryLocked = true };
  r = root;
  word[2 * r] = NEW;
  word[2 * r + 1] = NEW;
  atomic { directoryLocked = false; r = 0 }
}

/* TrySplit, or TryMerge. */
proctype Splitter(byte me)
{
  bit r = 0; byte n = 0, copied[4];
  enter();
#ifdef NAMED_EARLY
  name();
#endif
  move();
  atomic { copied[0] = 0; copied[1] = 0; copied[2] = 0; copied[3] = 0 };
#ifndef NAMED_EARLY
  name();
#endif
  retireSegment();
  leave()
}

/* TryDeepen, for another segment. */
proctype Doubler(byte me)
{
  byte n = 0;
  enter();
#ifndef NO_LOCK
  atomic { !directoryLocked -> directoryLocked = true };
#endif
#ifdef ROOT_FIRST
  root = 1;
#endif
  word[2] = word[0];
  word[3] = word[1];
  root = 1;
#ifndef NO_LOCK
  directoryLocked = false;
#endif
  d_step {
    rootRetired = true;
#ifndef NO_GRACE_OLD
    rootWaits = inSection;
#endif
    rootFreed = DONE(rootRetired, rootWaits)
  };
  leave()
}

init {
  byte n;
  atomic {
    word[0] = OLD; word[1] = OLD;
    isFreed[1] = false; keyOf[1] = 1; present[1] = 1;
    isFreed[2] = false; keyOf[2] = 0; present[0] = 2;
#ifdef MERGE
    slot[0] = 2; slot[2] = 1;
#else
    slot[0] = 1; slot[1] = 2; leads[0] = true;
#endif
    run FirstWriter(1);
#ifndef TWO
    run Reader(READER);
#endif
#if defined TWO || defined STILL
    run SecondWriter(2);
#endif
#ifndef STILL
    run Splitter(SPLITTER);
#endif
#ifdef DOUBLES
    run Doubler(DOUBLER)
#endif
  };
  (timeout);                                    /* no process can move any more */
  assert(inSection == 0)
}
