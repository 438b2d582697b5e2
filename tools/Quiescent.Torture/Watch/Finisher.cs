using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Watch;

// An actor for when all others have ended: does something last with each domain, with the watchdog looking.
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
