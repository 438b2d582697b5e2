using System.Runtime.InteropServices;

namespace Quiescent.Codegen.Probes;

// The structs that the probes' readers look at.
[StructLayout(LayoutKind.Explicit)]
internal struct Shelf
{
    [FieldOffset(Landmarks.Pointer)]
    public RcuPointer<Block> Pointer;

    [FieldOffset(Landmarks.SecondPointer)]
    public RcuPointer<Block> SecondPointer;
}

[StructLayout(LayoutKind.Explicit)]
internal struct Block
{
    [FieldOffset(Landmarks.BlockHead)]
    public RcuHead Head;

    [FieldOffset(Landmarks.BlockValue)]
    public long Value;
}
