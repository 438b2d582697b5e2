namespace Quiescent.Codegen;

// Offsets that identify accesses in machine code, shared with the probes. Those of the probes' own structs occur in no
// other struct.
internal static class Landmarks
{
    public const int Pointer = 0x428;
    public const int SecondPointer = 0x538;
    public const int BlockHead = 0x208;
    public const int BlockValue = 0x318;

    // Of the library's structs: RcuHead.Word, Append.Flags of both kinds of queue, Page.Base,
    // LockQueue._word. A struct that changes
    // fails the checks.
    public const int HeadWord = 8;
    public const int LockWord = 40;
    public const int AppendFlags = 40;
    public const int PageBase = 16;
}
