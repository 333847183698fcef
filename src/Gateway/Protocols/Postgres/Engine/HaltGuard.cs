using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// After a refusal, a script that ploughs on finds its session halted for a short time: psql runs the rest of a file unless ON_ERROR_STOP is
/// set, and what follows a refused statement was written for a world in which it ran. The same command again, ROLLBACK, or a pause as a
/// person makes ends the halt. It guards against accidents of psql scripts only: drivers raise an error the program has to handle.
/// </summary>
internal sealed class HaltGuard(bool applies, TimeSpan haltedFor, TimeProvider time)
{
    private long _since;
    private UInt128 _refused;
    private bool _isHalted;

    public TimeSpan HaltedFor => haltedFor;

    public void Refused(UInt128 text)
    {
        _isHalted = applies && haltedFor > TimeSpan.Zero;
        _refused = text;
        _since = time.GetTimestamp();
    }

    /// <summary>Whether a statement that just arrived must be refused.</summary>
    public bool Blocks(UInt128 text, StatementForm form, byte transactionStatus)
    {
        if (!_isHalted)
        {
            return false;
        }

        if (text == _refused || time.GetElapsedTime(_since) >= haltedFor || form is StatementForm.Transaction { Action: TransactionAction.Rollback })
        {
            _isHalted = false;
            return false;
        }

        if (transactionStatus == (byte)'E')
        {
            // The server itself refuses everything but the end of the failed transaction, which undoes.
            return false;
        }

        _since = time.GetTimestamp();
        return true;
    }
}
