using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Watch;

// An actor that runs after all others have ended: it does one last thing with each domain, under the watchdog's eyes.
internal sealed class Finisher(string doing, Session session, Action<Subject> finish) : Actor("finisher", session)
{
    protected override void Step()
    {
    }

    protected override void Finish()
    {
        foreach (Subject subject in Session.Subjects)
        {
            Doing($"{doing} the domain '{subject.Name}'");
            finish(subject);
        }
    }
}
