namespace Quiescent.Top;

// There is nothing to show; the message is for the user.
internal sealed class TopException(TopExit exit, string message) : Exception(message)
{
    public TopExit Exit => exit;

    public static TopException NoProcess(int processId) => new(TopExit.NoProcess, $"there is no process {processId}");
}
