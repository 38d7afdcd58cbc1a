import { describe, expect, it } from 'vitest';
import { answer, decodeMessage, encodeMessage } from './message.js';

const SIGNATURE = 'ca767b02c5bc061ed184a9a029e7f93a7f2f7ed4e8fe74120fc1212f0b008fa3';

describe('messages of Jupyter', () => {
  const request = answer('execute_request', { code: 'π' }, undefined, [Buffer.from('client')]);

  it('arrive as they were sent, with who sent them', () => {
    const got = decodeMessage(encodeMessage(request, 'key'), 'key');
    expect(got).toEqual(request);
  });

  it('name the request that they answer', () => {
    const reply = answer('execute_reply', { status: 'ok' }, request);
    expect(decodeMessage(encodeMessage(reply, ''), '').parent).toEqual(request.header);
  });

  it('are signed with HMAC-SHA256 over the four parts', () => {
    // From Python: hmac.new(b'key', b'{}' * 4, 'sha256').hexdigest()
    const frames = ['<IDS|MSG>', SIGNATURE, '{}', '{}', '{}', '{}'].map((text) =>
      Buffer.from(text),
    );
    expect(decodeMessage(frames, 'key').content).toEqual({});
  });

  it('are refused when changed, signed with another key, or cut', () => {
    const frames = encodeMessage(request, 'key');
    expect(() => decodeMessage(frames, 'other')).toThrow('wrong signature');
    const changed = [...frames.slice(0, -1), Buffer.from('{"code":"rm"}')];
    expect(() => decodeMessage(changed, 'key')).toThrow('wrong signature');
    expect(() => decodeMessage(frames.slice(0, 4), 'key')).toThrow('six frames');
    expect(() => decodeMessage([], 'key')).toThrow('six frames');
  });
});
