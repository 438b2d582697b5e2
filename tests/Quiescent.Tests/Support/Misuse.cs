namespace Quiescent.Tests.Support;

internal delegate void OnReader(scoped ref readonly RcuReader reader);

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
    public static bool IsRefused(scoped ref readonly RcuReader reader, OnReader action)
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
