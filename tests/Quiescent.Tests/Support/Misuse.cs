namespace Quiescent.Tests.Support;

internal delegate void OnReader<TReader>(scoped ref readonly TReader reader)
    where TReader : struct, allows ref struct;

// Guards and handles are ref structs, which no lambda captures: so Assert.Throws is not for them.
internal static class Misuse
{
    /// <summary>Whether disposing of the guard is refused as misuse.</summary>
    public static bool IsRefused(scoped ref ReadGuard guard)
    {
        try
        {
            guard.Dispose();
            return false;
        }
        catch (InvalidOperationException e) when (e.GetType() == typeof(InvalidOperationException))
        {
            return true;
        }
    }

    /// <summary>Whether the action on the handle is refused as misuse.</summary>
    public static bool IsRefused<TReader>(scoped ref readonly TReader reader, OnReader<TReader> action)
        where TReader : struct, allows ref struct
    {
        try
        {
            action(in reader);
            return false;
        }
        catch (InvalidOperationException e) when (e.GetType() == typeof(InvalidOperationException))
        {
            return true;
        }
    }
}
