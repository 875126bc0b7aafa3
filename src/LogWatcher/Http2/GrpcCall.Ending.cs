using LogWatcher.Rpc;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LogWatcher.Http2;

/// <summary>How a call ends: who says so, how those who use its pipes are made to stop, and what the client is told.</summary>
internal abstract partial class GrpcCall
{
    /// <summary>Ends the call, once: moves the state to CLOSED, and has the request's own flow write the end.</summary>
    private void End(Status status, EndedBy endedBy)
    {
        bool isQuiet;
        bool cancelsRead;
        bool cancelsWrite;
        bool letsRead;
        lock (_gate)
        {
            if (StreamTransitions.Next(State, StreamEvent.End) is not { } closed)
            {
                return;
            }

            State = closed;
            Status = status;
            _endedBy = endedBy;
            letsRead = endedBy == EndedBy.Deadline && _isWriting;
            _unread = letsRead ? UnreadEnd.LetsRead : UnreadEnd.None;
            (cancelsRead, cancelsWrite) = (_isReading, _isWriting && !letsRead);
            _isCancelling = cancelsRead || cancelsWrite;
            isQuiet = TurnsQuiet();
        }

        if (cancelsRead || cancelsWrite)
        {
            isQuiet = CancelPending(cancelsRead, cancelsWrite);
        }

        // In this order: of what is no live call any more, no timer is left, but for one that still waits for its client.
        if (letsRead)
        {
            LetRead();
        }
        else
        {
            LetGo();
        }

        Environment.LiveCalls.Remove(this);
        if (isQuiet)
        {
            if (endedBy == EndedBy.Handler)
            {
                _quiet.SetResult(true);
            }
            else
            {
                ContinueElsewhere();
            }
        }

        try
        {
            Cancel();
        }
        catch (AggregateException exception)
        {
            Environment.LogLine($"a cancellation callback of {Method.FullName} failed: {exception}");
        }
    }

    /// <summary>Lets go of what watches the call.</summary>
    private void LetGo()
    {
        _deadlineTimer?.Dispose();
        _abortion.Unregister();
    }

    /// <summary>Has the timer and what tells of a reset watch a client that still has to read.</summary>
    private void LetRead()
    {
        if (_deadlineTimer?.Change(UnreadPatience, Timeout.InfiniteTimeSpan) != true)
        {
            GiveUpClient();
        }
    }

    /// <summary>The client has not read what stands before the deadline's end, or has gone: it is not waited for any longer.</summary>
    private void GiveUpClient()
    {
        lock (_gate)
        {
            if (_unread != UnreadEnd.LetsRead || _isQuiet)
            {
                return;
            }

            _unread = UnreadEnd.GivenUp;
            _isCancelling = true;
        }

        if (CancelPending(cancelsRead: false, cancelsWrite: true))
        {
            ContinueElsewhere();
        }
    }

    /// <summary>Has whoever reads or writes return, which may go on right here. Not under the gate.</summary>
    /// <returns>Whether nobody uses the pipes any more, and the request's own flow is to go on.</returns>
    private bool CancelPending(bool cancelsRead, bool cancelsWrite)
    {
        try
        {
            if (cancelsRead)
            {
                Reader.CancelPendingRead();
            }

            if (cancelsWrite)
            {
                Body.CancelPendingFlush();
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The stream is gone, and its pipes with it: they wait for nothing any more.
        }

        lock (_gate)
        {
            _isCancelling = false;
            return TurnsQuiet();
        }
    }

    /// <summary>Whether the call has just become CLOSED with nobody using its pipes. Under the gate.</summary>
    private bool TurnsQuiet()
    {
        if (_isQuiet || State != StreamState.Closed || _isReading || _isWriting || _isCancelling)
        {
            return false;
        }

        _isQuiet = true;
        return true;
    }

    /// <summary>The request's own flow goes on in the pool: who is here has other things to do.</summary>
    private void ContinueElsewhere() =>
        ThreadPool.UnsafeQueueUserWorkItem(static call => call._quiet.SetResult(true), this, preferLocal: true);

    /// <returns>What the handler's last trailers failed with; null: they did not.</returns>
    private async ValueTask<Exception?> WriteEndAsync()
    {
        var failure = AddLastTrailers();
        if (_endedBy == EndedBy.Client)
        {
            return failure;
        }

        try
        {
            WriteEnd(Status!);
            if (_endedBy != EndedBy.Handler)
            {
                await CompleteAsync();
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The client went away while it was told.
            failure ??= exception is InvalidOperationException ? exception : null;
        }

        return failure;
    }

    private void WriteEnd(Status status)
    {
        var headers = _features.Get<IHttpResponseFeature>()!.Headers;
        if (!Body.HasStarted && status.Code != StatusCode.Ok && HeadersOrNull is null)
        {
            headers.ContentType = _content.ContentType;
            WriteTrailers(headers, status);
            return;
        }

        if (_content.IsWeb)
        {
            var lines = new HeaderDictionary();
            WriteTrailers(lines, status);
            Body.WriteTrailers(GrpcResponse.ToLines(lines));
            return;
        }

        if (!Body.HasStarted)
        {
            PrepareHeaders();
        }

        WriteTrailers(_features.Get<IHttpResponseTrailersFeature>()!.Trailers, status);
    }

    private void WriteTrailers(IHeaderDictionary trailers, Status status)
    {
        if (TrailersOrNull is { } metadata)
        {
            MetadataHeaders.Write(metadata, trailers, LogLeftOut);
        }

        GrpcResponse.SetStatus(trailers, status);
    }

    /// <summary>
    /// Sends the end of a call whose handler may go on; a deadline resets the stream behind it. A reset throws away what has not
    /// gone out yet, the end too. So it is for headers alone, which go out at once, and for a client that has stopped reading, which
    /// would hold memory for as long as it likes: then the reset itself says that this is no success. Otherwise Kestrel resets the
    /// stream behind the end, if the client has not closed its side; if it has, the end closes the stream.
    /// </summary>
    private async Task CompleteAsync()
    {
        var isAlone = !Body.HasStarted;
        await _bodyFeature.CompleteAsync();
        if (_endedBy == EndedBy.Deadline && (isAlone || _unread == UnreadEnd.GivenUp))
        {
            _features.Get<IHttpResetFeature>()?.Reset(_unread == UnreadEnd.GivenUp ? Cancelled : NoError);
        }
    }
}
