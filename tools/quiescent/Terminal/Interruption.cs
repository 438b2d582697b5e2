using System.Runtime.InteropServices;

namespace Quiescent.Tool.Terminal;

/// <summary>The first Ctrl-C or SIGTERM asks the command to end with the results so far. The second ends the process at
/// once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly TextWriter _error;
    private bool _hasBegun;

    public Interruption(TextWriter error)
    {
        _error = error;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ];
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    // Runs on the runtime's signal thread. A signal that is not cancelled ends the process.
    private void Handle(PosixSignalContext context)
    {
        if (Interlocked.Exchange(ref _hasBegun, true))
        {
            return;
        }

        context.Cancel = true;
        _error.WriteLine("quiescent: interrupted; writing the results so far. Ctrl-C again ends at once.");
        _source.Cancel();
    }
}
