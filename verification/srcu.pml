/* Sleepable sections, announced in tickets (O1, O2, O5), released once (Ticket.cs).
 *
 * Models  Sleepable/SleepableSection.cs      Enter, Announce, Release
 *         Sleepable/TicketSections.cs        IsInTheWay
 *         Readers/SlotTickets.cs             Prepare, First
 *         GracePeriods/SlotScan.cs           Begin, Scan
 *         GracePeriods/GracePeriodEngine.cs  NextTarget (its fence), Start (its exchange), Complete
 *
 * Two readers open sections, two each, under a ticket of their own, which is added to their slots before the first.
 * Each loads the pointer and uses the block, and may be held up anywhere. An updater publishes a new block, drives a
 * grace period, frees the old one, twice. No thread may use a freed block.
 *
 * Memory: readers have store buffers, which drain by themselves at any time, in order (x86-TSO; on Arm the stores are
 * releases). An interlocked operation drains the thread's own. The process-wide barrier drains the readers' one after
 * the other. The updater's unlink is buffered too. The scan reads a ticket's two words in two steps. Grace periods of
 * several updaters, and sequences that wrap, are in engine.pml: here one updater drives them one after the other.
 *
 * Variants: FULL            ReadSideBarrier.Full: readers fence, no process-wide barrier
 *           PASSED          what the first reader's sections have found is used by another thread, which ends them; the
 *                           reader opens the next one as soon as it finds its ticket free
 *           MISUSE          another thread releases the first reader's locks too, at any time after their last use
 *           SEQUENCE_FIRST  the scan reads a ticket's sequence before its number
 *           NUMBER_FIRST    a section stores its number before its sequence
 *           Both orders are equally correct, as the scan reads both words behind [B] and the section's loads come
 *           behind both stores; though a ticket comes with the sequence that it had in another domain.
 * Twins:    NO_BARRIER           O1  no process-wide barrier [B]
 *           FULL NO_READER_FENCE O1  no fence after the announcement [P]
 *           LATE_ANNOUNCEMENT    O1  a section is announced behind its first load
 *           NO_ACQUIRE           O1  Started is loaded without acquire: the pointer's load comes first
 *           EARLY_SCAN           O1  the scan comes before the unlink is visible: Start does not fence
 *           NO_WAIT              O1  a ticket that is open is passed by, whatever its sequence
 *           EARLY_END            O2  the end is visible before the last use
 *           PASSED EARLY_PASS    O2  the reader goes on using the block after it has passed the section on
 *           EARLY_HEAD           O5  the list of a slot's tickets is read before [B]
 *           MISUSE NO_EXCHANGE   the number is read, then stored: a late release ends a later section
 */
#define READERS 2
#define SECTIONS 2
#define BLOCKS 3

#define SEQUENCE 0                             /* where a buffered store goes */
#define NUMBER 1
#define HEAD 2

byte started = 0;
byte sequence[READERS] = 9;                    /* the readers' tickets; the sequence is another domain's */
byte number[READERS];                          /* odd while a section is open */
bool head[READERS];                            /* whether the slot's list has the ticket */
chan stores[READERS] = [3] of { byte, byte };
byte pointer = 0;
bool freed[BLOCKS];
chan unlink = [1] of { byte };                 /* the updater's store buffer */
#ifdef PASSED
chan passed = [1] of { byte, byte };           /* a lock's number, and the block that its section has found */
#endif
#ifdef MISUSE
byte copied = 0;                               /* the number of a lock that another thread has a copy of */
#endif

inline drainOne(r) {
  stores[r]?place, value ->
  if
  :: place == SEQUENCE -> sequence[r] = value
  :: place == NUMBER -> number[r] = value
  :: else -> head[r] = true
  fi;
  place = 0;
  value = 0
}
inline drain(r) { do :: drainOne(r) :: empty(stores[r]) -> break od }

active proctype Memory()
{
  byte place, value;
endDrained:
  do
  :: atomic { drainOne(0) }
  :: atomic { drainOne(1) }
  :: atomic { unlink?pointer }
  od
}

/* An interlocked operation, which drains the buffer of the thread that makes it; the other threads have none. */
inline release(whose, mine) {
#ifdef NO_EXCHANGE
  if
  :: number[whose] == mine -> number[whose] = mine + 1
  :: else -> skip
  fi
#else
  atomic { if :: number[whose] == mine -> number[whose] = mine + 1 :: else -> skip fi }
#endif
}

inline use() { atomic { assert(!freed[b]); b = 0 } }

active [READERS] proctype Reader()
{
  byte s, mine, b, ahead, section;
  byte me = _pid - 1;
  for (section : 1 .. SECTIONS) {
    number[me] % 2 == 0 && empty(stores[me]);  /* the ticket is free */
    if :: section == 1 -> stores[me]!HEAD, 1 :: else -> skip fi;
#ifdef NO_ACQUIRE
    ahead = pointer;
#endif
    s = started;
    mine = section * 2 - 1;
#ifdef LATE_ANNOUNCEMENT
    b = pointer;
#endif
#ifdef NUMBER_FIRST
    stores[me]!NUMBER, mine;
    stores[me]!SEQUENCE, s;
#else
    stores[me]!SEQUENCE, s;
    stores[me]!NUMBER, mine;                   /* [P] */
#endif
#if defined FULL && !defined NO_READER_FENCE
    empty(stores[me]);
#endif
#ifdef NO_ACQUIRE
    atomic { if :: b = ahead :: b = pointer fi; ahead = 0 };
#elif !defined LATE_ANNOUNCEMENT
    b = pointer;
#endif
#ifdef PASSED
    if
    :: me == 0 ->
#ifdef EARLY_PASS
       atomic { empty(stores[me]) -> passed!mine, b };
       use()
#else
       atomic { empty(stores[me]) -> passed!mine, b; b = 0 }
#endif
    :: else ->
#endif
#ifdef EARLY_END
    empty(stores[me]);
    release(me, mine);
    use()
#else
    use();
#ifdef MISUSE
    if :: me == 0 -> atomic { empty(stores[me]) -> copied = mine } :: else -> skip fi;
#endif
    empty(stores[me]);
    release(me, mine)
#endif
#ifdef PASSED
    fi
#endif
    ;
    atomic { s = 0; mine = 0 }
  }
}

#ifdef PASSED
/* Uses what the first reader has found, and ends its sections. */
active proctype Ender()
{
  byte mine, b;
endPassed:
  do
  :: passed?mine, b ->
     use();
     release(0, mine);
     mine = 0
  od
}
#endif

#ifdef MISUSE
/* Has copies of the first reader's locks, and releases them too, after the last use in their sections. */
active proctype Copier()
{
  byte mine;
  do
  :: atomic { copied != 0 -> mine = copied; copied = 0 };
     release(0, mine);
     mine = 0
  :: break
  od
}
#endif

/* Whether the ticket is out of the way of the grace period in progress. */
inline look() {
#ifdef SEQUENCE_FIRST
  isNew = sequence[r] >= started;
  atomic { isOut = isNew || number[r] % 2 == 0; isNew = false }
#else
  if
  :: number[r] % 2 == 0 -> isOut = true
#ifdef NO_WAIT
  :: else -> isOut = true
#else
  :: else -> isOut = sequence[r] >= started
#endif
  fi
#endif
}

active proctype Updater()
{
  byte target, r, place, value;
  bool isOut, isNew, seen[READERS];
  for (target : 1 .. BLOCKS - 1) {
    unlink!target;
#ifdef EARLY_SCAN
    started = target;
#else
    atomic { empty(unlink) -> started = target };  /* the fence of NextTarget, the exchange in Start */
#endif
#ifdef EARLY_HEAD
    atomic { seen[0] = head[0]; seen[1] = head[1] };
#endif
#if !defined NO_BARRIER && !defined FULL
    atomic { drain(0) };                       /* [B] */
    atomic { drain(1) };
#endif
    for (r : 0 .. READERS - 1) {
#ifndef EARLY_HEAD
      seen[r] = head[r];
#endif
      do
      :: !seen[r] -> break
      :: else ->
         look();
         if :: isOut -> isOut = false; break :: else -> skip fi
      od;
      seen[r] = false
    }
    empty(unlink);
    freed[target - 1] = true
  }
}
