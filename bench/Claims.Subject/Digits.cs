namespace Quiescent.Claims.Subject;

// A digit of a callback's index, as a type.
internal interface IDigit
{
    static abstract int Value { get; }
}

internal readonly struct D0 : IDigit
{
    public static int Value => 0;
}

internal readonly struct D1 : IDigit
{
    public static int Value => 1;
}

internal readonly struct D2 : IDigit
{
    public static int Value => 2;
}

internal readonly struct D3 : IDigit
{
    public static int Value => 3;
}

internal readonly struct D4 : IDigit
{
    public static int Value => 4;
}

internal readonly struct D5 : IDigit
{
    public static int Value => 5;
}

internal readonly struct D6 : IDigit
{
    public static int Value => 6;
}

internal readonly struct D7 : IDigit
{
    public static int Value => 7;
}

internal readonly struct D8 : IDigit
{
    public static int Value => 8;
}

internal readonly struct D9 : IDigit
{
    public static int Value => 9;
}

internal readonly struct DA : IDigit
{
    public static int Value => 10;
}

internal readonly struct DB : IDigit
{
    public static int Value => 11;
}

internal readonly struct DC : IDigit
{
    public static int Value => 12;
}

internal readonly struct DD : IDigit
{
    public static int Value => 13;
}

internal readonly struct DE : IDigit
{
    public static int Value => 14;
}

internal readonly struct DF : IDigit
{
    public static int Value => 15;
}
